create or replace view prikke.job as
select
  d.id, d.key, d.name, d.url, d.method,
  case when d.headers = '{}' then d.headers else prikke.veil_headers(prikke.mask_headers(d.headers), (select prikke.hides_headers())) end as headers,
  d.body, d.content_type,
  d.schedule_type, d.cron, d.every, d.scheduled_at, d.timezone, d.queue, d.priority, d.ordering_key,
  d.enabled, d.paused_by, d.timeout_ms, d.max_attempts, d.backoff, d.catch_up, d.catch_up_window, d.overlap, d.completion,
  d.expected_status, d.expected_body, d.on_success_url, d.on_failure_url, d.on_recovery_url, d.notify, d.interval_minutes,
  case when s.plan_version = d.plan_version then s.next_run_at else d.planned_next_at end as next_run_at,
  s.last_run_at, s.last_status, s.last_success_at, coalesce(s.consecutive_failures, 0) as consecutive_failures,
  d.created_at, d.updated_at, d.version, d.paused_at, d.pause_reason, s.set_aside_at, s.set_aside_error
from prikke.job_definition as d
left join prikke.job_state as s on s.organization_id = d.organization_id and s.job_id = d.id
where d.deleted_at is null
  and d.organization_id = (select prikke.current_organization());

comment on view prikke.job is
  'The jobs of the current organization: what is sent and when, and how it went last. Example: select name, next_run_at, last_status from prikke.job order by next_run_at;';
comment on column prikke.job.headers is 'Values of credentials are masked.';
comment on column prikke.job.next_run_at is 'The next due time; null: nothing is planned.';
comment on column prikke.job.set_aside_error is 'Why the engine cannot schedule this job; the next change of its schedule tries again.';
