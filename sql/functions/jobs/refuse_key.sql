-- The one answer to a key that another living job of the organization has.
create or replace function prikke.refuse_key(p_organization_id uuid, p_key text)
returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_holder constant uuid := (
    select d.id
    from prikke.job_definition as d
    where d.organization_id = p_organization_id
      and d.key = p_key
      and d.deleted_at is null);
begin
  raise exception 'the key "%" is taken by job %', p_key, v_holder
    using errcode = 'PK409', column = 'key',
      detail = jsonb_build_array(prikke.problem('key', 'key_taken', 'is taken by another job', v_holder::text))::text,
      hint = 'Update that job, or choose another key.';
end
$$;

comment on function prikke.refuse_key is 'Raises PK409 key_taken with the id of the job that has the key.';
