-- One published setting; null where nothing was published.
create or replace function prikke.setting_value(p_name text)
returns jsonb
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.value
  from prikke.setting as s
  where s.name = p_name
$$;

comment on function prikke.setting_value is 'A setting that install or up published, as JSON.';
