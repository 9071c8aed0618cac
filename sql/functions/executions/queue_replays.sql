-- Queues replays of ended executions, oldest first, p_gap apart. What cannot be sent again (its job is deleted, its old
-- request no longer kept) is counted and left out. With p_count_only it only counts.
create or replace function prikke.queue_replays(
  p_ids uuid[],
  p_job_id uuid,
  p_status text[],
  p_kind text,
  p_queue text,
  p_status_code integer,
  p_since timestamptz,
  p_until timestamptz,
  p_search text,
  p_as_sent boolean,
  p_ref text,
  p_gap interval,
  p_count_only boolean
)
returns table (matched bigint, queued bigint, first_due_at timestamptz, last_due_at timestamptz, last_id uuid)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_begins constant timestamptz := prikke.history_begins(v_organization_id);
  v_pattern constant text := '%' || replace(replace(replace(lower(p_search), '\', '\\'), '%', '\%'), '_', '\_') || '%';
  v_above constant uuid := prikke.id_bound(coalesce(p_since, '-infinity'));
  v_below constant uuid := prikke.id_bound(coalesce(p_until, 'infinity'));
begin
  return query
    with source as materialized (
      select e.id, e.job_id, e.job_version, e.queue, e.priority, e.ordering_key, e.ref, e.max_attempts, e.hop,
        e.url, e.method, e.headers, e.body, e.content_type, e.delivery
      from prikke.past_execution as e
      where e.organization_id = v_organization_id
        and e.finished_at > v_begins
        and e.channel_id is null
        and (p_since is null or e.finished_at >= p_since)
        and (p_ids is null or e.id = any (p_ids))
        and e.id >= v_above
        and e.id < v_below
        and (p_job_id is null or e.job_id = p_job_id)
        and (p_status is null or e.status = any (p_status))
        and e.kind = any (case when p_kind is null then '{schedule,manual,send,replay}'::text[] else array[p_kind] end)
        and (p_queue is null or e.queue = p_queue)
        and (p_status_code is null or e.status_code = p_status_code)
        and (p_search is null or lower(concat_ws(' ', e.url, e.error_message, e.key, e.ref, e.body, convert_from(
          case when prikke.is_utf8(e.response_body) then e.response_body end, 'UTF8'))) like v_pattern)
      union all
      select prikke.scheduled_id(s.job_id, s.series_first_at), s.job_id, null, d.queue, d.priority, null, null, d.max_attempts, 0,
        null, null, null, null, null, null
      from prikke.job_state as s
      join prikke.job_definition as d on d.organization_id = s.organization_id and d.id = s.job_id
      where s.organization_id = v_organization_id
        and s.series_status is not null
        and (p_ids is null or prikke.scheduled_id(s.job_id, s.series_first_at) = any (p_ids))
        and prikke.scheduled_id(s.job_id, s.series_first_at) >= v_above
        and prikke.scheduled_id(s.job_id, s.series_first_at) < v_below
        and (p_job_id is null or s.job_id = p_job_id)
        and (p_status is null or s.series_status = any (p_status))
        and (p_kind is null or p_kind = 'schedule')
        and (p_queue is null or d.queue = p_queue)
        and p_status_code is null
        and p_search is null
    ), request as materialized (
      select s.id as replay_of, s.ref, s.hop, d.id as job_id,
        -- Its job's present request; else its own, or the one of the version that was sent.
        case when s.job_id is not null and not p_as_sent then d.version else s.job_version end as job_version,
        coalesce(d.queue, s.queue) as queue, coalesce(d.priority, s.priority) as priority,
        case when d.id is null then s.ordering_key else d.ordering_key end as ordering_key,
        coalesce(least(d.interval_minutes, 32767), 0) as interval_class,
        coalesce(case when not p_as_sent then d.max_attempts end, v.max_attempts, s.max_attempts) as max_attempts,
        coalesce(d.overlap <> 'allow', false) as exclusive,
        case when own.own then coalesce(s.url, v.url) end as url,
        case when own.own then coalesce(s.method, v.method) end as method,
        case when own.own then coalesce(s.headers, v.headers) end as headers,
        case when not own.own then null when s.url is not null then s.body else v.body end as body,
        case when own.own then coalesce(s.content_type, v.content_type) end as content_type,
        case when own.own then coalesce((s.delivery ->> 'timeout_ms')::integer, v.timeout_ms, 30000) end as timeout_ms,
        case when own.own then coalesce(make_interval(secs => (s.delivery ->> 'backoff_seconds')::double precision), v.backoff, interval '30 seconds') else d.backoff end as backoff,
        case when own.own then coalesce(s.delivery ->> 'completion', v.completion, 'response') end as completion,
        case when not own.own then null when s.url is not null then s.delivery ->> 'expected_status' else v.expected_status end as expected_status,
        case when not own.own then null when s.url is not null then s.delivery ->> 'expected_body' else v.expected_body end as expected_body,
        case when own.own then prikke.url_host(coalesce(s.url, v.url)) else d.host end as host
      from source as s
      cross join lateral (select s.job_id is null or p_as_sent as own) as own
      left join prikke.job_definition as d on d.organization_id = v_organization_id and d.id = s.job_id and d.deleted_at is null
      left join prikke.job_version as v
        on p_as_sent
        and s.url is null
        and v.organization_id = v_organization_id
        and v.job_id = s.job_id
        and v.version = s.job_version
      where case when own.own then coalesce(s.url, v.url) is not null else d.id is not null end
    ), numbered as materialized (
      select r.*, v_now + p_gap * (row_number() over (order by r.replay_of) - 1) as due_at
      from request as r
      where not p_count_only
    ), made as (
      insert into prikke.live_execution (
        organization_id, id, job_id, job_version, kind, ready, queue, priority, interval_class, scheduled_for, due_at, max_attempts,
        exclusive, ordering_key, ref, url, method, headers, body, content_type, timeout_ms, backoff, completion, expected_status,
        expected_body, host, hop, replay_of, created_at)
      select v_organization_id, prikke.new_id(v_now), n.job_id, n.job_version, 'replay', n.due_at <= v_now, n.queue, n.priority, n.interval_class,
        n.due_at, n.due_at, n.max_attempts, n.exclusive, n.ordering_key, coalesce(p_ref, n.ref), n.url, n.method, n.headers, n.body, n.content_type,
        n.timeout_ms, n.backoff, n.completion, n.expected_status, n.expected_body, n.host, n.hop, n.replay_of, v_now
      from numbered as n
      order by n.due_at, n.replay_of
      returning id, due_at
    )
    select (select count(*) from source), (select count(*) from request), min(m.due_at), max(m.due_at), max(m.id::text)::uuid
    from made as m;
  if not p_count_only then
    perform prikke.wake_runners(v_now);
  end if;
end
$$;

comment on function prikke.queue_replays is 'Queues replays of what matches, or only counts them: how many matched, and how many of those can be sent again.';
