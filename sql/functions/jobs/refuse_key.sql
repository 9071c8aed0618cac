-- The one answer to a key that another living job has.
create or replace function prikke.refuse_key(p_key text, p_holder uuid)
returns void
language plpgsql
immutable
as $$
begin
  raise exception 'the key "%" is taken by job %', p_key, p_holder
    using errcode = 'PK409', column = 'key',
      detail = jsonb_build_array(prikke.problem('key', 'key_taken', 'is taken by another job', p_holder::text))::text,
      hint = 'Update that job, or choose another key.';
end
$$;

comment on function prikke.refuse_key is 'Raises PK409 key_taken with the id of the job that has the key.';
