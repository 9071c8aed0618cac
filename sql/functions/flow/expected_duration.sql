-- How long a run of a job takes, by what the last week's tallies say; null when nothing was seen.
create or replace function prikke.expected_duration(p_organization_id uuid, p_job_id uuid)
returns interval
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select make_interval(secs => sum(t.duration_ms)::double precision / nullif(sum(t.count), 0) / 1000)
  from prikke.tally as t
  where t.organization_id = p_organization_id
    and t.job_id = p_job_id
    and t.quarter_hour > prikke.clock() - interval '7 days'
    and t.status in ('success', 'failed', 'timeout')
$$;

comment on function prikke.expected_duration is 'Mean duration of a job''s runs in the last week; null when there were none.';
