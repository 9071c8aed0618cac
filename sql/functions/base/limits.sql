-- All limits that the operator set, for those who ask for several; see limit_value.
create or replace function prikke.limits()
returns jsonb
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select s.value from prikke.setting as s where s.name = 'limits');
end
$$;

comment on function prikke.limits is 'The limits that the operator set, by name; null where none was.';
