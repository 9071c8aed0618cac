create or replace function prikke.publish_settings(p_settings jsonb)
returns setof text
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into prikke.setting as s (name, value, updated_at)
  select e.key, e.value, prikke.clock()
  from jsonb_each(p_settings) as e
  order by e.key
  on conflict (name) do update
  set value = excluded.value,
      updated_at = excluded.updated_at
  where s.value is distinct from excluded.value
  returning s.name
$$;

comment on function prikke.publish_settings is
  'Store what SQL needs to know of the configuration; returns the names that changed.';
