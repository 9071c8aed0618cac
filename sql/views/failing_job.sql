create or replace view prikke.failing_job as
select
  o.slug as organization,
  d.name as job,
  case
    when s.set_aside_at is not null then 'cannot be scheduled, set aside until it is changed'
    else format('failed %s in a row', case s.consecutive_failures when 1 then 'once' else s.consecutive_failures || ' times' end)
  end as problem,
  coalesce(s.set_aside_error, p.error_message, 'answered ' || p.status_code) as last_error,
  s.consecutive_failures,
  coalesce(s.set_aside_at, s.last_run_at) as failed_at,
  s.last_success_at,
  case when d.enabled then s.next_run_at end as next_run_at,
  case when d.enabled then 'enabled' else 'disabled by ' || coalesce(d.paused_by, '?') || coalesce(': ' || d.pause_reason, '') end as state,
  d.url, d.key, s.last_execution_id, d.id as job_id
from prikke.job_state as s
join prikke.job_definition as d on d.organization_id = s.organization_id and d.id = s.job_id and d.deleted_at is null
join prikke.organization as o on o.id = s.organization_id
-- Both are needed: the instant leads to one day's partition, the id to the row. One by one: joined, all of history is read
-- once many jobs fail.
left join lateral (
  select x.error_message, x.status_code
  from prikke.past_execution as x
  where x.organization_id = s.organization_id
    and x.id = s.last_execution_id
    and x.finished_at = s.last_run_at
  limit 1
) as p on true
where s.consecutive_failures > 0
   or s.set_aside_at is not null;

comment on view prikke.failing_job is
  'Jobs whose last run failed, or which cannot be scheduled at all, and why. Example: select organization, job, problem, last_error from prikke.failing_job order by failed_at desc;';
comment on column prikke.failing_job.failed_at is 'When it was set aside, or when the last run failed.';
comment on column prikke.failing_job.state is 'Whether it goes on, else who disabled it and why.';
