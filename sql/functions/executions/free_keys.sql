-- After executions left: readies whoever is first behind each key. Where another runner is looking at the key, a note is
-- left for the next tick instead of waiting.
create or replace function prikke.free_keys(p_organizations uuid[], p_ordering_keys text[], p_jobs uuid[])
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_free record;
begin
  for v_free in
    select k.organization_id, k.held_by, k.key
    from (
      select distinct f.organization_id, x.held_by, x.key
      from unnest(p_organizations, p_ordering_keys, p_jobs) as f (organization_id, ordering_key, job_id)
      cross join lateral (values ('ordering_key', f.ordering_key), ('overlap', f.job_id::text)) as x (held_by, key)
      where x.key is not null
    ) as k
  loop
    perform prikke.free_key(v_free.organization_id, v_free.held_by, v_free.key);
  end loop;
end
$$;

comment on function prikke.free_keys is 'Readies the next execution behind each given ordering key and job.';
