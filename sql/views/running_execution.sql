create or replace view prikke.running_execution as
select
  o.slug as organization,
  d.name as job,
  case
    when exists (
      select
      from prikke.execution_request as q
      where q.organization_id = e.organization_id
        and q.execution_id = e.id
        and q.action = 'cancel')
    then 'is to be cancelled'
    when e.lease_ends_at < prikke.clock() then 'overdue: see stuck_execution'
    when e.runner_id is null then 'accepted (202): its receiver has yet to report'
    else 'being delivered'
  end as state,
  r.host || ' process ' || r.process as runner,
  prikke.clock() - e.claimed_at as running_for,
  e.attempt + 1 as attempt, e.max_attempts,
  e.queue, e.claimed_at as started_at, e.lease_ends_at,
  coalesce(e.url, v.url) as url,
  e.kind::text as kind, e.scheduled_for, e.lost, d.key as job_key, e.id, e.job_id, e.runner_id
from prikke.live_execution as e
join prikke.organization as o on o.id = e.organization_id
left join prikke.job_definition as d on d.organization_id = e.organization_id and d.id = e.job_id
-- What is being sent is what the job was when it was claimed.
left join prikke.job_version as v
  on v.organization_id = e.organization_id
  and v.job_id = e.job_id
  and v.version = e.job_version
left join prikke.runner as r on r.id = e.runner_id
where e.status = 'running'
order by e.claimed_at, o.slug, e.position;

comment on view prikke.running_execution is
  'What runs where: each execution that is being delivered or waits for its receiver''s report, longest first. Example: select organization, job, url, runner, running_for from prikke.running_execution;';
comment on column prikke.running_execution.job is 'Name of its job; null: a send, or a notification.';
comment on column prikke.running_execution.runner is 'Host and process as in runner_status; null: no runner has it, as while its receiver has yet to report, or its runner never said its name.';
comment on column prikke.running_execution.attempt is 'The one under way, of max_attempts.';
comment on column prikke.running_execution.lease_ends_at is 'Its runner renews it until then, or another takes it over; after an answer of 202 the report is due by then.';
comment on column prikke.running_execution.lost is 'Runners lost over it in a row; the third ends it.';
