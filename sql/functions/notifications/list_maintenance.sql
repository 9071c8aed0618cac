-- Snoozes and maintenance windows that are not over, of one job or of all; of one also that its present failure was seen.
create or replace function prikke.list_maintenance(job_id uuid default null)
returns setof prikke.shown_mute
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select m.id, m.kind, m.job_id, d.name, m.starts_at, m.ends_at, m.reason, m.created_by, m.created_at
  from prikke.mute as m
  left join prikke.job_definition as d on d.organization_id = m.organization_id and d.id = m.job_id
  where m.organization_id = prikke.current_organization()
    and m.ends_at > prikke.clock()
    and (list_maintenance.job_id is null or m.job_id = list_maintenance.job_id)
    and (m.kind <> 'acknowledge' or list_maintenance.job_id is not null and exists (
      select
      from prikke.job_health as h
      where h.organization_id = m.organization_id
        and h.job_id = m.job_id
        and h.failing_since <= m.starts_at))
  order by m.starts_at, m.id
$$;

comment on function prikke.list_maintenance is
  'Snoozes and maintenance windows, present and to come; of one job also who has acknowledged its present failure. Example: select kind, job_name, starts_at, ends_at from prikke.list_maintenance();';
