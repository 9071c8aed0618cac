-- Ends executions without an answer: cancelled, timed out, given up. The caller has locked the rows.
create or replace function prikke.finish_executions(
  p_organizations uuid[],
  p_ids uuid[],
  p_status text,
  p_reason text,
  p_error_message text default null
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_organizations uuid[];
  v_ordering_keys text[];
  v_jobs uuid[];
  v_queues text[];
  v_hosts text[];
begin
  with gone as (
    delete from prikke.live_execution as w
    using unnest(p_organizations, p_ids) as f (organization_id, id)
    where w.organization_id = f.organization_id
      and w.id = f.id
    returning w.*
  ), past as (
    insert into prikke.past_execution (
      organization_id, id, position, job_id, job_version, kind, status, queue, priority, ordering_key, key, ref,
      scheduled_for, due_at, created_at, claimed_at, finished_at, attempt, max_attempts, lost, claim_number, runner_id,
      url, method, headers, body, content_type, error_message, reason, hop, channel_id, replay_of, delivery)
    select
      g.organization_id, g.id, g.position, g.job_id, g.job_version, g.kind, p_status, g.queue, g.priority, g.ordering_key, g.key, g.ref,
      g.scheduled_for, g.due_at, g.created_at, g.claimed_at, v_now, g.attempt, g.max_attempts, g.lost, g.claim_number, g.runner_id,
      g.url, g.method, g.headers, g.body, g.content_type, coalesce(p_error_message, g.error_message), p_reason, g.hop, g.channel_id, g.replay_of,
      prikke.kept_delivery(g.url, g.timeout_ms, g.backoff, g.completion, g.expected_status, g.expected_body)
    from gone as g
  ), learnt as (
    insert into prikke.job_outcome (organization_id, job_id, execution_id, status, finished_at)
    select g.organization_id, g.job_id, g.id, p_status, v_now
    from gone as g
    where g.job_id is not null
      and g.kind <> 'test'
  ), counted as (
    insert into prikke.tally_change (
      organization_id, quarter_hour, job_id, queue, kind, status, count, first_attempts, duration_ms, durations_ms, latenesses_ms)
    select g.organization_id, prikke.quarter_hour(v_now), g.job_id, g.queue, g.kind, p_status,
      count(*), count(*) filter (where g.attempt = 0 and g.claim_number > 0), 0, '{}', '{}'
    from gone as g
    group by 1, 2, 3, 4, 5
  )
  select array_agg(g.organization_id), array_agg(g.ordering_key), array_agg(g.job_id), array_agg(g.queue), array_agg(g.host)
  into v_organizations, v_ordering_keys, v_jobs, v_queues, v_hosts
  from gone as g;

  if v_organizations is not null then
    perform prikke.free_keys(v_organizations, v_ordering_keys, v_jobs);
    perform prikke.free_slots(v_organizations, v_queues, v_hosts);
  end if;
  return coalesce(cardinality(v_organizations), 0);
end
$$;

comment on function prikke.finish_executions is 'Moves live executions, locked by the caller, to history with a status and a reason; answers how many.';
