create or replace view prikke.attempt as
select
  a.execution_id, a.number, a.claim_number, a.job_version, a.status, a.claimed_at, a.started_at, a.finished_at,
  a.status_code, a.duration_ms, prikke.veil_headers(a.response_headers, (select prikke.hides_headers())) as response_headers, a.response_body, a.truncated, a.error_message, a.retry_at
from prikke.past_attempt as a
where a.organization_id = (select prikke.current_organization())
  and a.finished_at > (select prikke.history_begins(prikke.current_organization()))
union all
select
  e.id, e.attempt, e.claim_number, e.job_version, e.status, e.claimed_at, e.started_at, e.finished_at,
  e.status_code, e.duration_ms, prikke.veil_headers(e.response_headers, (select prikke.hides_headers())), e.response_body, e.truncated, e.error_message, null
from prikke.past_execution as e
where e.organization_id = (select prikke.current_organization())
  and e.finished_at > (select prikke.history_begins(prikke.current_organization()))
  and e.started_at is not null
union all
select
  e.id, (e.attempt + 1)::smallint, e.claim_number, e.job_version, 'running', e.claimed_at, null, null,
  null, null, null, null, false, null, null
from prikke.live_execution as e
where e.organization_id = (select prikke.current_organization())
  and e.status = 'running';

comment on view prikke.attempt is
  'Each HTTP try of the current organization''s executions. Example: select number, status, status_code, duration_ms from prikke.attempt where execution_id = ''0198…'' order by claim_number;';
comment on column prikke.attempt.number is 'Which try this was, from 1; a lost one has the number of the try it would have been.';
