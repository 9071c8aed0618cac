create or replace view prikke.execution as
select
  e.id, e.job_id, e.job_version, e.kind::text as kind,
  case when r.action = 'cancel' then 'cancelled' else e.status::text end as status,
  e.scheduled_for, e.due_at, e.claimed_at as started_at, null::timestamptz as finished_at,
  null::smallint as status_code, null::integer as duration_ms, null::jsonb as response_headers, null::bytea as response_body, false as truncated,
  e.error_message, e.attempt, e.max_attempts, e.lost, e.queue, e.ordering_key, e.held_by, e.reason, e.replay_of,
  coalesce(e.url, v.url) as url, coalesce(e.method, v.method) as method,
  prikke.veil_headers(prikke.mask_headers(coalesce(e.headers, v.headers)), (select prikke.hides_headers())) as headers, case when e.url is null then v.body else e.body end as body,
  coalesce(e.content_type, v.content_type) as content_type, e.priority, e.key, e.ref,
  null::timestamptz as last_due_at, 1::bigint as due_count, e.created_at, e.claimed_at, d.name as job_name
from prikke.live_execution as e
left join prikke.job_version as v
  on v.organization_id = e.organization_id
  and v.job_id = e.job_id
  and v.version = e.job_version
left join prikke.job_definition as d on d.organization_id = e.organization_id and d.id = e.job_id
left join lateral (
  select q.action
  from prikke.execution_request as q
  where q.organization_id = e.organization_id
    and q.execution_id = e.id
    and q.action = 'cancel'
  limit 1
) as r on true
where e.organization_id = (select prikke.current_organization())
union all
select
  e.id, e.job_id, e.job_version, e.kind, e.status, e.scheduled_for, e.due_at, e.started_at, e.finished_at,
  e.status_code, e.duration_ms, prikke.veil_headers(e.response_headers, (select prikke.hides_headers())), e.response_body, e.truncated,
  e.error_message, e.attempt, e.max_attempts, e.lost, e.queue, e.ordering_key, null, e.reason, e.replay_of,
  coalesce(e.url, v.url), coalesce(e.method, v.method),
  prikke.veil_headers(prikke.mask_headers(coalesce(e.headers, v.headers)), (select prikke.hides_headers())), case when e.url is null then v.body else e.body end,
  coalesce(e.content_type, v.content_type), e.priority, e.key, e.ref,
  e.last_due_at, e.due_count, e.created_at, e.claimed_at, d.name
from prikke.past_execution as e
left join prikke.job_version as v
  on v.organization_id = e.organization_id
  and v.job_id = e.job_id
  and v.version = e.job_version
left join prikke.job_definition as d on d.organization_id = e.organization_id and d.id = e.job_id
where e.organization_id = (select prikke.current_organization())
  and e.finished_at > (select prikke.history_begins(prikke.current_organization()))
union all
select
  prikke.scheduled_id(s.job_id, s.series_first_at), s.job_id, null, 'schedule', s.series_status, s.series_first_at, s.series_first_at, null, null,
  null, null, null, null, false,
  null, 0::smallint, d.max_attempts::smallint, 0::smallint, d.queue, null, null, s.series_reason, null,
  d.url, d.method, prikke.veil_headers(prikke.mask_headers(d.headers), (select prikke.hides_headers())), d.body, d.content_type, d.priority, null, null,
  s.series_last_at, s.series_count, s.series_first_at, null, d.name
from prikke.job_state as s
join prikke.job_definition as d on d.organization_id = s.organization_id and d.id = s.job_id
where s.organization_id = (select prikke.current_organization())
  and s.series_status is not null;

comment on view prikke.execution is
  'The executions of the current organization, live and past. One row of missed or skipped due times stands for due_count of them, from scheduled_for to last_due_at. Example: select status, count(*) from prikke.execution group by status;';
comment on column prikke.execution.scheduled_for is 'The nominal due time, the same over all attempts.';
comment on column prikke.execution.due_at is 'The earliest next try.';
comment on column prikke.execution.held_by is 'What keeps a due execution back; null: nothing.';
comment on column prikke.execution.attempt is 'Tries that ended by an answer, an error or a timeout.';
comment on column prikke.execution.lost is 'Leases lost in a row; three end the execution.';
