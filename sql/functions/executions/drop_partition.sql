-- Drops one day of history; waits at most 200 ms for it, the next run tries again.
create or replace function prikke.drop_partition(p_partition text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_partition !~ '^past_(execution|attempt)_\d{8}$' then
    raise exception '% is no day of history', p_partition using errcode = 'PK400';
  end if;
  perform set_config('lock_timeout', '200ms', true);
  execute format('drop table if exists prikke.%I', p_partition);
  return true;
exception when lock_not_available then
  return false;
end
$$;

comment on function prikke.drop_partition is 'Drops one day of history; false if somebody holds it just now.';
