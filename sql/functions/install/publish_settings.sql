create or replace function prikke.publish_settings(p_settings jsonb)
returns setof text
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  with changed as (
    insert into prikke.setting as s (name, value, updated_at)
    select e.key, e.value, prikke.clock()
    from jsonb_each(p_settings) as e
    order by e.key
    on conflict (name) do update
    set value = excluded.value,
        updated_at = excluded.updated_at
    where s.value is distinct from excluded.value
    returning s.name
  ), freed as (
    -- Without plans nothing is held until the end of the month any more.
    update prikke.plan_hold as h
    set free_at = prikke.clock()
    where 'plans' in (select c.name from changed as c)
  )
  select c.name
  from changed as c
$$;

comment on function prikke.publish_settings is
  'Store what SQL needs to know of the configuration; returns the names that changed.';
