-- After executions left: readies whoever is first behind each key. Where another runner is looking at the key, a note is
-- left for the next tick instead of waiting.
create or replace function prikke.free_keys(p_organizations uuid[], p_ordering_keys text[], p_jobs uuid[])
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organizations uuid[];
  v_held_by text[];
  v_keys text[];
  v_free record;
begin
  with freed as materialized (
    select k.*, prikke.try_key(k.organization_id, k.held_by, k.key) as locked
    from (
      select distinct f.organization_id, x.held_by, x.key
      from unnest(p_organizations, p_ordering_keys, p_jobs) as f (organization_id, ordering_key, job_id)
      cross join lateral (values ('ordering_key', f.ordering_key), ('overlap', f.job_id::text)) as x (held_by, key)
      where x.key is not null
    ) as k
  ), noted as (
    insert into prikke.freed_key (organization_id, held_by, key)
    select f.organization_id, f.held_by, f.key
    from freed as f
    where not f.locked
  )
  select array_agg(f.organization_id), array_agg(f.held_by), array_agg(f.key)
  into v_organizations, v_held_by, v_keys
  from freed as f
  where f.locked;

  -- In a later statement than the locks, so that what others have just parked is seen. Behind most keys nobody waits.
  for v_free in
    select k.organization_id, k.held_by, k.key
    from unnest(v_organizations, v_held_by, v_keys) as k (organization_id, held_by, key)
    cross join lateral (
      select
      from prikke.live_execution as e
      where k.held_by = 'ordering_key'
        and e.organization_id = k.organization_id
        and e.ordering_key = k.key
      limit 1
    ) as behind
    union all
    select k.organization_id, k.held_by, k.key
    from unnest(v_organizations, v_held_by, v_keys) as k (organization_id, held_by, key)
    cross join lateral (
      select
      from prikke.live_execution as e
      where e.organization_id = k.organization_id
        and e.job_id = case k.held_by when 'overlap' then k.key::uuid end
      limit 1
    ) as behind
  loop
    perform prikke.free_key(v_free.organization_id, v_free.held_by, v_free.key);
  end loop;
end
$$;

comment on function prikke.free_keys is 'Readies the next execution behind each given ordering key and job.';
