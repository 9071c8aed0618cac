-- Puts back what a result did not end: to be tried again at retry_at, or running without a runner until the receiver reports.
-- For complete_executions, which has locked the rows and judged the results; of two under one token one counts.
create or replace function prikke.retry_executions(p_runner_id uuid, p_results jsonb)
returns table (id uuid, state text)
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with result as materialized (
    select distinct on (r.organization_id, r.id)
      r.organization_id, r.id, r.claim_number, r.status, r.number, r.retry_at, r.reason, least(r.started_at, prikke.clock()) as started_at,
      r.duration_ms, r.status_code, r.response_headers, coalesce(r.truncated, false) as truncated, r.error_message,
      coalesce(convert_to(r.response_body, 'UTF8'), decode(r.response_body_base64, 'base64')) as response_body,
      prikke.clock() + make_interval(secs => least(coalesce(r.completes_within_ms, 3600000), 604800000) / 1000.0) as completes_by,
      w.job_id, w.job_version, w.kind, w.queue, w.due_at, w.claimed_at
    from jsonb_to_recordset(p_results) as r (
      organization_id uuid, id uuid, claim_number integer, status text, number smallint, retry_at timestamptz, completes_within_ms bigint,
      reason text, started_at timestamptz, duration_ms integer, status_code smallint, response_headers jsonb, response_body text,
      response_body_base64 text, truncated boolean, error_message text)
    join prikke.live_execution as w on w.organization_id = r.organization_id and w.id = r.id
  ), waiting as (
    update prikke.live_execution as w
    set status = case when r.retry_at is null then 'running' else 'pending' end,
        due_at = coalesce(r.retry_at, w.due_at),
        attempt = r.number,
        lost = 0,
        runner_id = null,
        lease_ends_at = case when r.retry_at is null then r.completes_by end,
        reason = case when r.retry_at is null then w.reason else r.reason end,
        error_message = case when r.retry_at is null then w.error_message else r.error_message end
    from result as r
    where w.organization_id = r.organization_id
      and w.id = r.id
  ), tried as (
    insert into prikke.past_attempt (
      organization_id, execution_id, claim_number, number, job_version, status, runner_id, claimed_at, started_at, finished_at,
      status_code, duration_ms, response_headers, response_body, truncated, error_message, retry_at)
    select r.organization_id, r.id, r.claim_number, r.number, r.job_version, r.status, p_runner_id, r.claimed_at, r.started_at, prikke.clock(),
      r.status_code, r.duration_ms, r.response_headers, r.response_body, r.truncated, r.error_message, r.retry_at
    from result as r
  ), counted as (
    insert into prikke.tally_change (
      organization_id, quarter_hour, job_id, queue, kind, status, count, first_attempts, duration_ms, durations_ms, latenesses_ms)
    select r.organization_id, prikke.quarter_hour(prikke.clock()), r.job_id, r.queue, r.kind,
      case when r.retry_at is null then r.status else 'retry' end,
      count(*), count(*) filter (where r.number = 1), coalesce(sum(r.duration_ms), 0),
      array_agg(coalesce(r.duration_ms, 0)),
      coalesce(array_agg(prikke.lateness_ms(r.due_at, r.started_at)) filter (where r.number = 1 and r.started_at is not null), '{}')
    from result as r
    group by 1, 2, 3, 4, 5, 6
  )
  select r.id, case when r.retry_at is null then 'done' else 'retry' end
  from result as r
$$;

comment on function prikke.retry_executions is
  'Puts executions back whose attempt was not the last; answers retry, or done where the receiver reports later.';
