create or replace view prikke.stuck_execution as
select
  o.slug as organization,
  d.name as job,
  case
    when e.lease_ends_at < prikke.clock() and e.runner_id is null then 'the receiver did not report completion in time: about to end as timeout'
    when e.lease_ends_at < prikke.clock() - interval '1 minute' then 'its lease lapsed and nobody took it over: is a runner alive? see runner_status'
    when e.lease_ends_at < prikke.clock() then 'its runner stopped renewing the lease: another is about to take it over'
    else 'its runner holds it far longer than its timeout allows'
  end as problem,
  r.host || ' process ' || r.process as runner,
  prikke.clock() - r.seen_at as runner_silent_for,
  prikke.clock() - e.claimed_at as running_for,
  prikke.clock() - e.lease_ends_at as overdue,
  e.attempt + 1 as attempt, e.lost, e.queue, e.scheduled_for,
  coalesce(e.url, d.url) as url,
  e.id, e.job_id, e.runner_id
from prikke.live_execution as e
join prikke.organization as o on o.id = e.organization_id
left join prikke.job_definition as d on d.organization_id = e.organization_id and d.id = e.job_id
left join prikke.runner as r on r.id = e.runner_id
where e.status = 'running'
  and (e.lease_ends_at < prikke.clock()
    or (e.runner_id is not null
      and e.claimed_at + make_interval(secs => coalesce(e.timeout_ms, d.timeout_ms) / 1000.0) < prikke.clock() - interval '1 minute'))
order by e.lease_ends_at;

comment on view prikke.stuck_execution is
  'What is running and does not end: leases that lapsed, requests beyond their timeout. Empty while all is well. Example: select organization, job, problem, runner from prikke.stuck_execution;';
comment on column prikke.stuck_execution.overdue is 'How long ago its lease ended; negative while its runner still renews it.';
comment on column prikke.stuck_execution.lost is 'Runners lost over it in a row; the third ends it.';
