-- How many jobs a list has, up to a bound, so that it costs little among a million.
create or replace function prikke.count_jobs(
  search text default null,
  status text default null,
  health text default null,
  most integer default 1000
)
returns integer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_pattern constant text := '%' || replace(replace(replace(lower(search), '\', '\\'), '%', '\%'), '_', '\_') || '%';
  v_failing constant uuid[] := case when health is not null then prikke.failing_jobs() end;
begin
  return (
    select count(*)
    from (
      select
      from prikke.job_definition as d
      where d.organization_id = v_organization_id
        and d.deleted_at is null
        and (search is null or lower(d.name) like v_pattern or lower(d.url) like v_pattern or lower(d.key) like v_pattern)
        and (status is null or d.enabled = (status = 'enabled'))
        and (health is distinct from 'failing' or d.id = any (v_failing))
        and (health is distinct from 'healthy' or d.id <> all (v_failing))
      limit greatest(most, 0)
    ) as found);
end
$$;

comment on function prikke.count_jobs is
  'How many jobs list_jobs would list in all, counted up to `most`. Example: select prikke.count_jobs(status => ''enabled'');';
