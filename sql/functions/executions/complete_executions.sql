-- Takes results in a batch: ends executions, or puts them back for another try. A result counts only under the token of
-- the present claim: `stale` says that someone else has taken over or it was cancelled, `busy` that the row was locked
-- and the same result should be given again. Nothing here waits for a lock; what else must change is appended.
--
-- The plan is made once and walks indexes, however small the tables were when it was made.
--
-- p_results: [{"organization_id", "id", "claim_number", "status": "success" | "failed" | "timeout" | "accepted" (the
-- receiver reports later, within "completes_within_ms", an hour unless said, at most seven days), "retry": may be tried
-- again, "retry_after_ms", "reason", "started_at", "duration_ms", "status_code", "response_headers", "response_body" as
-- text or "response_body_base64", "truncated", "error_message"}, …]
create or replace function prikke.complete_executions(p_runner_id uuid, p_results jsonb)
returns table (id uuid, state text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := prikke.clock();
  v_ids uuid[];
  v_organizations uuid[];
  v_queues text[];
  v_hosts text[];
  v_failed boolean[];
  v_retry_after interval[];
  v_messages text[];
  v_free_organizations uuid[];
  v_free_ordering_keys text[];
  v_free_jobs uuid[];
  v_unsuccessful jsonb;
  v_again jsonb;
  v_again_ids uuid[];
  v_again_states text[];
begin
  -- A row is found again by its place: one that changed between look and lock has another, and is answered `busy`. A
  -- runner may hold two results under one token, since a crash of the server can take back a claim, which is then
  -- made again: the row goes once.
  with decided as materialized (
    select r.*, w.place, w.queue, w.host, w.attempt + 1 as number, t.retry_at, n.next_run_due,
      r.status <> 'accepted' and (t.retry_at is null or n.next_run_due) as final,
      r.status in ('failed', 'timeout') and (r.status_code >= 500 or r.status_code = 429 or (r.status_code is null and r.retry)) is true as host_failed
    from jsonb_to_recordset(p_results) as r (
      organization_id uuid, id uuid, claim_number integer, status text, retry boolean, retry_after_ms bigint, completes_within_ms bigint,
      reason text, started_at timestamptz, duration_ms integer, status_code smallint, response_headers jsonb, response_body text,
      response_body_base64 text, truncated boolean, error_message text)
    cross join lateral (
      select x.ctid as place, x.kind, x.queue, x.host, x.job_id, x.scheduled_for, x.attempt, x.max_attempts, x.backoff
      from prikke.live_execution as x
      where x.organization_id = r.organization_id
        and x.id = r.id
        and x.status = 'running'
        and x.claim_number = r.claim_number
        and x.runner_id = p_runner_id
      limit 1
      for update skip locked
    ) as w
    cross join lateral (
      select case
        when r.retry and w.attempt + 1 < w.max_attempts
        -- Not before its due time, though the clock went back since it was claimed.
        then greatest(
          v_now + greatest(
            prikke.retry_delay(w.attempt + 1, w.backoff, r.id),
            make_interval(secs => least(coalesce(r.retry_after_ms, 0), 3600000) / 1000.0)),
          w.scheduled_for)
      end as retry_at
      offset 0
    ) as t
    cross join lateral (
      select t.retry_at is not null and w.kind = 'schedule' and exists (
        select
        from prikke.job_state as s
        where s.organization_id = r.organization_id
          and s.job_id = w.job_id
          and s.next_run_at <= t.retry_at) as next_run_due
      offset 0
    ) as n
    where not exists (
      select
      from prikke.execution_request as q
      where q.organization_id = r.organization_id
        and q.execution_id = r.id
        and q.action = 'cancel')
  ), gone as (
    delete from prikke.live_execution as w
    using decided as d
    where d.final
      and w.ctid = d.place
    returning
      w.organization_id, w.id, w.position, w.job_id, w.job_version, w.kind, w.queue, w.priority, w.ordering_key, w.key, w.ref,
      w.scheduled_for, w.due_at, w.created_at, w.claimed_at, w.max_attempts, w.lost, w.claim_number, w.url, w.method, w.headers, w.body,
      w.content_type, w.hop, w.channel_id, w.replay_of,
      prikke.kept_delivery(w.url, w.timeout_ms, w.backoff, w.completion, w.expected_status, w.expected_body) as delivery,
      d.status, d.number, least(d.started_at, v_now) as started_at, d.duration_ms, d.status_code, d.response_headers,
      coalesce(convert_to(d.response_body, 'UTF8'), decode(d.response_body_base64, 'base64')) as response_body,
      coalesce(d.truncated, false) as truncated, d.error_message,
      case
        when d.next_run_due then 'next_run_due'
        when d.reason is null and d.retry then 'attempts_exhausted'
        else d.reason
      end as reason
  ), past as (
    insert into prikke.past_execution (
      organization_id, id, position, job_id, job_version, kind, status, queue, priority, ordering_key, key, ref,
      scheduled_for, due_at, created_at, claimed_at, started_at, finished_at, attempt, max_attempts, lost, claim_number, runner_id,
      url, method, headers, body, content_type, status_code, duration_ms, response_headers, response_body, truncated,
      error_message, reason, hop, channel_id, replay_of, delivery)
    select
      g.organization_id, g.id, g.position, g.job_id, g.job_version, g.kind, g.status, g.queue, g.priority, g.ordering_key, g.key, g.ref,
      g.scheduled_for, g.due_at, g.created_at, g.claimed_at, g.started_at, v_now, g.number, g.max_attempts, g.lost, g.claim_number, p_runner_id,
      g.url, g.method, g.headers, g.body, g.content_type, g.status_code, g.duration_ms, g.response_headers, g.response_body, g.truncated,
      g.error_message, g.reason, g.hop, g.channel_id, g.replay_of, g.delivery
    from gone as g
  ), learnt as (
    insert into prikke.job_outcome (organization_id, job_id, execution_id, status, finished_at)
    select g.organization_id, g.job_id, g.id, g.status, v_now
    from gone as g
    where g.job_id is not null
      and g.kind <> 'test'
  ), counted as (
    insert into prikke.tally_change (
      organization_id, quarter_hour, job_id, queue, kind, status, count, first_attempts, duration_ms, durations_ms, latenesses_ms)
    select g.organization_id, prikke.quarter_hour(v_now), g.job_id, g.queue, g.kind, g.status,
      count(*), count(*) filter (where g.number = 1), coalesce(sum(g.duration_ms), 0),
      array_agg(coalesce(g.duration_ms, 0)),
      coalesce(array_agg(prikke.lateness_ms(g.due_at, g.started_at)) filter (where g.number = 1 and g.started_at is not null), '{}')
    from gone as g
    group by 1, 2, 3, 4, 5, 6
  )
  select g.ids, g.organizations, g.ordering_keys, g.jobs, g.unsuccessful,
    d.organizations, d.queues, d.hosts, d.failed, d.retry_after, d.messages, d.again
  into v_ids, v_free_organizations, v_free_ordering_keys, v_free_jobs, v_unsuccessful,
    v_organizations, v_queues, v_hosts, v_failed, v_retry_after, v_messages, v_again
  from (
    select array_agg(w.organization_id) as organizations, array_agg(w.queue) as queues, array_agg(w.host) as hosts,
      array_agg(w.host_failed) as failed,
      array_agg(make_interval(secs => least(coalesce(w.retry_after_ms, 0), 3600000) / 1000.0)) as retry_after,
      array_agg(w.error_message) as messages,
      jsonb_agg(w) filter (where not w.final) as again
    from decided as w
  ) as d
  cross join (
    select array_agg(w.id) as ids,
      array_agg(w.organization_id) filter (where w.ordering_key is not null or w.job_id is not null) as organizations,
      array_agg(w.ordering_key) filter (where w.ordering_key is not null or w.job_id is not null) as ordering_keys,
      array_agg(w.job_id) filter (where w.ordering_key is not null or w.job_id is not null) as jobs,
      jsonb_agg(jsonb_build_object(
        'organization_id', w.organization_id, 'id', w.id, 'job_id', w.job_id, 'kind', w.kind, 'queue', w.queue, 'ordering_key', w.ordering_key,
        'reason', w.reason)) filter (where w.status <> 'success') as unsuccessful
    from gone as w
  ) as g;

  if v_unsuccessful is not null then
    perform prikke.note_failures(v_unsuccessful);
  end if;
  if v_again is not null then
    select array_agg(a.id), array_agg(a.state)
    into v_again_ids, v_again_states
    from prikke.retry_executions(p_runner_id, v_again) as a;
  end if;
  if v_organizations is not null then
    if true = any (v_failed) or exists (select from prikke.breaker) then
      perform prikke.note_hosts(v_organizations, v_hosts, v_failed, v_retry_after, v_messages);
    end if;
    if v_free_organizations is not null then
      perform prikke.free_keys(v_free_organizations, v_free_ordering_keys, v_free_jobs);
    end if;
    perform prikke.free_slots(v_organizations, v_queues, v_hosts);
  end if;

  return query
    select r.id, 'done'
    from unnest(v_ids) as r (id);
  return query
    select r.id, r.state
    from unnest(v_again_ids, v_again_states) as r (id, state);
  if coalesce(cardinality(v_ids), 0) + coalesce(cardinality(v_again_ids), 0) < jsonb_array_length(p_results) then
    return query
      select r.id,
        case
          when exists (
            select
            from prikke.live_execution as w
            where w.organization_id = r.organization_id
              and w.id = r.id
              and w.status = 'running'
              and w.claim_number = r.claim_number
              and w.runner_id = p_runner_id
              and not exists (
                select
                from prikke.execution_request as q
                where q.organization_id = w.organization_id
                  and q.execution_id = w.id
                  and q.action = 'cancel'))
          then 'busy'
          else 'stale'
        end
      from jsonb_to_recordset(p_results) as r (organization_id uuid, id uuid, claim_number integer)
      where r.id <> all (coalesce(v_ids, '{}') || coalesce(v_again_ids, '{}'));
  end if;
end
$$;

comment on function prikke.complete_executions is
  'Takes results of attempts; answers for each: done, retry, stale (not this claim''s any more) or busy (give it again). Runners only.';
