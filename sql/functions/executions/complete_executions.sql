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
  v_states text[];
  v_organizations uuid[];
  v_queues text[];
  v_hosts text[];
  v_failed boolean[];
  v_retry_after interval[];
  v_messages text[];
  v_free_organizations uuid[];
  v_free_ordering_keys text[];
  v_free_jobs uuid[];
begin
  with result as materialized (
    -- A runner may hold two results under one token: a crash of the server can take back a claim, which is then made again.
    select distinct on ((r ->> 'organization_id')::uuid, (r ->> 'id')::uuid)
      (r ->> 'organization_id')::uuid as organization_id,
      (r ->> 'id')::uuid as id,
      (r ->> 'claim_number')::integer as claim_number,
      r ->> 'status' as status,
      coalesce((r ->> 'retry')::boolean, false) as retry,
      least(coalesce((r ->> 'retry_after_ms')::bigint, 0), 3600000) as retry_after_ms,
      least(coalesce((r ->> 'completes_within_ms')::bigint, 3600000), 604800000) as completes_within_ms,
      r ->> 'reason' as reason,
      case when r ->> 'started_at' is not null then least((r ->> 'started_at')::timestamptz, v_now) end as started_at,
      (r ->> 'duration_ms')::integer as duration_ms,
      (r ->> 'status_code')::smallint as status_code,
      r -> 'response_headers' as response_headers,
      coalesce(convert_to(r ->> 'response_body', 'UTF8'), decode(r ->> 'response_body_base64', 'base64')) as response_body,
      coalesce((r ->> 'truncated')::boolean, false) as truncated,
      r ->> 'error_message' as error_message
    from jsonb_array_elements(p_results) as r
  ), ended as materialized (
    select w.live, r.*, (w.live).attempt + 1 as number,
      case
        when not r.retry or (w.live).attempt + 1 >= (w.live).max_attempts then null
        -- Not before its due time, though the clock went back since it was claimed.
        else greatest(
          v_now + greatest(prikke.retry_delay((w.live).attempt + 1, (w.live).backoff, r.id), make_interval(secs => r.retry_after_ms / 1000.0)),
          (w.live).scheduled_for)
      end as retry_at
    from result as r
    cross join lateral (
      select x as live
      from prikke.live_execution as x
      where x.organization_id = r.organization_id
        and x.id = r.id
      limit 1
      for update skip locked
    ) as w
    where (w.live).status = 'running'
      and (w.live).claim_number = r.claim_number
      and (w.live).runner_id = p_runner_id
      and not exists (
        select
        from prikke.execution_request as q
        where q.organization_id = r.organization_id
          and q.execution_id = r.id
          and q.action = 'cancel')
  ), decided as materialized (
    select e.*, e.retry_at is not null and s.job_id is null as again,
      (e.retry_at is null or s.job_id is not null) and e.status <> 'accepted' as final,
      e.status in ('failed', 'timeout') and (e.status_code >= 500 or e.status_code = 429 or (e.status_code is null and e.retry)) is true as host_failed,
      case
        when s.job_id is not null then 'next_run_due'
        when e.reason is null and e.retry and e.retry_at is null then 'attempts_exhausted'
        else e.reason
      end as final_reason
    from ended as e
    left join prikke.job_state as s
      on e.retry_at is not null
      and (e.live).kind = 'schedule'
      and s.organization_id = (e.live).organization_id
      and s.job_id = (e.live).job_id
      and s.next_run_at <= e.retry_at
  ), gone as (
    delete from prikke.live_execution as w
    using decided as d
    where d.final
      and w.organization_id = d.organization_id
      and w.id = d.id
  ), past as (
    insert into prikke.past_execution (
      organization_id, id, position, job_id, job_version, kind, status, queue, priority, ordering_key, key, ref,
      scheduled_for, due_at, created_at, claimed_at, started_at, finished_at, attempt, max_attempts, lost, claim_number, runner_id,
      url, method, headers, body, content_type, status_code, duration_ms, response_headers, response_body, truncated,
      error_message, reason, hop, channel_id, replay_of, delivery)
    select
      (d.live).organization_id, (d.live).id, (d.live).position, (d.live).job_id, (d.live).job_version, (d.live).kind, d.status,
      (d.live).queue, (d.live).priority, (d.live).ordering_key, (d.live).key, (d.live).ref,
      (d.live).scheduled_for, (d.live).due_at, (d.live).created_at, (d.live).claimed_at, d.started_at, v_now,
      d.number, (d.live).max_attempts, (d.live).lost, (d.live).claim_number, (d.live).runner_id,
      (d.live).url, (d.live).method, (d.live).headers, (d.live).body, (d.live).content_type,
      d.status_code, d.duration_ms, d.response_headers, d.response_body, d.truncated, d.error_message, d.final_reason,
      (d.live).hop, (d.live).channel_id, (d.live).replay_of,
      prikke.kept_delivery((d.live).url, (d.live).timeout_ms, (d.live).backoff, (d.live).completion, (d.live).expected_status, (d.live).expected_body)
    from decided as d
    where d.final
  ), waiting as (
    update prikke.live_execution as w
    set status = 'pending',
        due_at = d.retry_at,
        attempt = d.number,
        lost = 0,
        runner_id = null,
        lease_ends_at = null,
        reason = d.reason,
        error_message = d.error_message
    from decided as d
    where d.again
      and w.organization_id = d.organization_id
      and w.id = d.id
  ), reporting as (
    update prikke.live_execution as w
    set runner_id = null,
        lease_ends_at = v_now + make_interval(secs => d.completes_within_ms / 1000.0),
        attempt = d.number,
        lost = 0
    from decided as d
    where d.status = 'accepted'
      and w.organization_id = d.organization_id
      and w.id = d.id
  ), halted as (
    insert into prikke.stopped_key (organization_id, ordering_key, execution_id, stopped_at)
    select d.organization_id, (d.live).ordering_key, d.id, v_now
    from decided as d
    join prikke.queue as q on q.organization_id = d.organization_id and q.name = (d.live).queue
    where d.final
      and d.status <> 'success'
      and (d.live).ordering_key is not null
      and q.after_failure = 'stop'
    on conflict do nothing
  ), tried as (
    insert into prikke.past_attempt (
      organization_id, execution_id, claim_number, number, job_version, status, runner_id, claimed_at, started_at, finished_at,
      status_code, duration_ms, response_headers, response_body, truncated, error_message, retry_at)
    select d.organization_id, d.id, d.claim_number, d.number, (d.live).job_version, d.status, p_runner_id, (d.live).claimed_at, d.started_at, v_now,
      d.status_code, d.duration_ms, d.response_headers, d.response_body, d.truncated, d.error_message, d.retry_at
    from decided as d
    where not d.final
  ), learnt as (
    insert into prikke.job_outcome (organization_id, job_id, execution_id, status, finished_at)
    select d.organization_id, (d.live).job_id, d.id, d.status, v_now
    from decided as d
    where d.final
      and (d.live).job_id is not null
      and (d.live).kind <> 'test'
  ), switched_off as (
    insert into prikke.job_change (organization_id, job_id, kind, reason)
    select d.organization_id, (d.live).job_id, 'disable', d.reason
    from decided as d
    where d.reason = 'gone'
      and (d.live).job_id is not null
      and (d.live).kind <> 'test'
  ), counted as (
    insert into prikke.tally_change (
      organization_id, quarter_hour, job_id, queue, kind, status, count, first_attempts, duration_ms, durations_ms, latenesses_ms)
    select d.organization_id, prikke.quarter_hour(v_now), (d.live).job_id, (d.live).queue, (d.live).kind,
      case when d.again then 'retry' else d.status end,
      count(*), count(*) filter (where d.number = 1), coalesce(sum(d.duration_ms), 0),
      array_agg(coalesce(d.duration_ms, 0)),
      coalesce(array_agg(least(greatest(date_part('epoch', d.started_at - (d.live).due_at) * 1000, 0), 2147483647)::integer)
        filter (where d.number = 1 and d.started_at is not null), '{}')
    from decided as d
    group by 1, 2, 3, 4, 5, 6
    union all
    select d.organization_id, prikke.quarter_hour(v_now), (d.live).job_id, (d.live).queue, (d.live).kind, 'refused', count(*), 0, 0, '{}', '{}'
    from decided as d
    where d.reason = 'refused'
    group by 1, 2, 3, 4, 5, 6
  )
  select
    array_agg(d.id),
    array_agg(case when d.again then 'retry' else 'done' end),
    array_agg(d.organization_id),
    array_agg((d.live).queue),
    array_agg((d.live).host),
    array_agg(d.host_failed),
    array_agg(make_interval(secs => d.retry_after_ms / 1000.0)),
    array_agg(d.error_message),
    array_agg(d.organization_id) filter (where d.final and ((d.live).ordering_key is not null or (d.live).job_id is not null)),
    array_agg((d.live).ordering_key) filter (where d.final and ((d.live).ordering_key is not null or (d.live).job_id is not null)),
    array_agg((d.live).job_id) filter (where d.final and ((d.live).ordering_key is not null or (d.live).job_id is not null))
  into v_ids, v_states, v_organizations, v_queues, v_hosts, v_failed, v_retry_after, v_messages,
    v_free_organizations, v_free_ordering_keys, v_free_jobs
  from decided as d;

  if v_ids is not null then
    if true = any (v_failed) or exists (select from prikke.breaker) then
      perform prikke.note_hosts(v_organizations, v_hosts, v_failed, v_retry_after, v_messages);
    end if;
    if v_free_organizations is not null then
      perform prikke.free_keys(v_free_organizations, v_free_ordering_keys, v_free_jobs);
    end if;
    perform prikke.free_slots(v_organizations, v_queues, v_hosts);
  end if;

  return query
    select r.id, r.state
    from unnest(v_ids, v_states) as r (id, state);
  if coalesce(cardinality(v_ids), 0) < jsonb_array_length(p_results) then
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
      where r.id <> all (coalesce(v_ids, '{}'));
  end if;
end
$$;

comment on function prikke.complete_executions is
  'Takes results of attempts; answers for each: done, retry, stale (not this claim''s any more) or busy (give it again). Runners only.';
