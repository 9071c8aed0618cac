-- Takes due executions under a lease. Lanes (organization, queue) take turns, beginning behind the cursor, which is the
-- lane this runner was served from last; each gets its share of the room (a turn is four rows for pro, one for free), and
-- what is left is filled in order. Gates are asked on the way: pause, cap and rate of the lane, ordering keys and overlap,
-- caps of organization and host, breakers. Nothing waits for a lock: rows that others hold are passed over, keys that another
-- runner is looking at are left for the next call, and what stands behind a busy key is parked out of the ready index.
-- The plan is made once and walks indexes, however small the tables were when it was made. Nothing is handed out while tomorrow's partition is missing, since every result must have a place.
create or replace function prikke.claim_executions(
  p_runner_id uuid,
  p_room integer,
  p_lease interval default '30 seconds',
  p_after_organization uuid default null,
  p_after_queue text default null
)
returns table (
  organization_id uuid,
  id uuid,
  claim_number integer,
  job_id uuid,
  kind text,
  queue text,
  attempt smallint,
  scheduled_for timestamptz,
  url text,
  method text,
  headers jsonb,
  body text,
  content_type text,
  timeout_ms integer,
  completion text,
  expected_status text,
  expected_body text,
  hop smallint,
  secrets_changed_at timestamptz,
  clock timestamptz
)
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
  v_lane_organizations uuid[];
  v_lane_queues text[];
  v_lane_turns integer[];
  v_lane_rooms integer[];
  v_gated boolean;
  v_capped boolean;
  v_count_hosts boolean;
  v_turn_sum integer;
  v_organizations uuid[];
  v_ids uuid[];
  v_jobs uuid[];
  v_serial boolean[];
  v_looked_organizations uuid[];
  v_looked_ids uuid[];
  v_more_organizations uuid[];
  v_more_ids uuid[];
  v_more_jobs uuid[];
  v_more_serial boolean[];
  v_taken integer;
begin
  if to_regclass('prikke.past_execution_' || to_char(v_now at time zone 'UTC' + interval '1 day', 'YYYYMMDD')) is null then
    raise warning 'tomorrow''s partition is missing: nothing is handed out' using hint = 'select prikke.keep_history();';
    return;
  end if;

  select array_agg(l.organization_id order by l.number), array_agg(l.queue order by l.number), array_agg(l.turn order by l.number),
    array_agg(case when l.gated then coalesce(prikke.lane_room(l.organization_id, l.queue, p_room), 0) end order by l.number),
    bool_or(l.gated), bool_or(l.capped), sum(l.turn)
  into v_lane_organizations, v_lane_queues, v_lane_turns, v_lane_rooms, v_gated, v_capped, v_turn_sum
  from prikke.ready_lanes(
    coalesce(p_after_organization, '00000000-0000-0000-0000-000000000000'), coalesce(p_after_queue, ''), p_room) as l;
  if v_turn_sum is null then
    return;
  end if;

  select array_agg(e.organization_id), array_agg(e.id), array_agg(e.job_id), array_agg(e.serial)
  into v_organizations, v_ids, v_jobs, v_serial
  from (
    select x.*
    from unnest(v_lane_organizations, v_lane_queues, v_lane_turns, v_lane_rooms) as l (organization_id, queue, turn, room)
    cross join lateral (
      select w.organization_id, w.id, case when w.url is null then w.job_id end as job_id, w.exclusive or w.ordering_key is not null as serial
      from prikke.live_execution as w
      where w.ready
        and w.organization_id = l.organization_id
        and w.queue = l.queue
      order by w.priority desc, w.interval_class, w.due_at, w.position
      limit least(coalesce(l.room, p_room), greatest(l.turn, (p_room * l.turn + v_turn_sum - 1) / v_turn_sum))
      for update skip locked
    ) as x
    limit p_room
  ) as e;

  if coalesce(cardinality(v_ids), 0) < p_room and cardinality(v_lane_queues) > 1 then
    select array_agg(e.organization_id), array_agg(e.id), array_agg(e.job_id), array_agg(e.serial)
    into v_more_organizations, v_more_ids, v_more_jobs, v_more_serial
    from (
      select x.*
      from unnest(v_lane_organizations, v_lane_queues, v_lane_rooms) as l (organization_id, queue, room)
      cross join lateral (
        select w.organization_id, w.id, case when w.url is null then w.job_id end as job_id, w.exclusive or w.ordering_key is not null as serial
        from prikke.live_execution as w
        where w.ready
          and l.room is null
          and w.organization_id = l.organization_id
          and w.queue = l.queue
          and w.id <> all (coalesce(v_ids, '{}'))
        order by w.priority desc, w.interval_class, w.due_at, w.position
        limit p_room - coalesce(cardinality(v_ids), 0)
        for update skip locked
      ) as x
      limit p_room - coalesce(cardinality(v_ids), 0)
    ) as e;
    v_organizations := v_organizations || v_more_organizations;
    v_ids := v_ids || v_more_ids;
    v_jobs := v_jobs || v_more_jobs;
    v_serial := v_serial || v_more_serial;
  end if;

  v_looked_organizations := v_organizations;
  v_looked_ids := v_ids;
  if true = any (v_serial) then
    select array_agg(g.organization_id), array_agg(g.id), array_agg(g.job_id)
    into v_organizations, v_ids, v_jobs
    from prikke.pass_keys(v_organizations, v_ids, v_jobs) as g;
  end if;
  if v_capped then
    select array_agg(g.organization_id), array_agg(g.id), array_agg(g.job_id)
    into v_organizations, v_ids, v_jobs
    from prikke.pass_organizations(v_organizations, v_ids, v_jobs) as g;
  end if;
  v_count_hosts := prikke.host_cap_applies();
  if v_count_hosts or exists (select from prikke.breaker as b where b.open_until is not null) then
    select array_agg(g.organization_id), array_agg(g.id), array_agg(g.job_id)
    into v_organizations, v_ids, v_jobs
    from prikke.pass_hosts(v_organizations, v_ids, v_jobs, v_count_hosts) as g;
  end if;
  if v_gated then
    perform prikke.spend_rate(w.organization_id, w.queue, count(*))
    from unnest(v_organizations, v_ids) as c (organization_id, id)
    join prikke.live_execution as w on w.organization_id = c.organization_id and w.id = c.id
    group by w.organization_id, w.queue;
  end if;

  return query
    with claimed as (
      update prikke.live_execution as e
      set status = 'running',
          ready = false,
          claim_number = e.claim_number + 1,
          runner_id = p_runner_id,
          claimed_at = v_now,
          lease_ends_at = v_now + p_lease,
          job_version = coalesce(p.version, e.job_version),
          max_attempts = coalesce(p.max_attempts, e.max_attempts),
          backoff = coalesce(p.backoff, e.backoff),
          host = coalesce(p.host, e.host)
      from (
        select c.organization_id, c.id, d.version, d.max_attempts, d.backoff, d.host
        from unnest(v_organizations, v_ids, v_jobs) as c (organization_id, id, job_id)
        left join prikke.job_definition as d on d.organization_id = c.organization_id and d.id = c.job_id
        where d.deleted_at is null
          and not exists (
            select
            from prikke.execution_request as r
            where r.organization_id = c.organization_id
              and r.execution_id = c.id)
      ) as p
      where e.organization_id = p.organization_id
        and e.id = p.id
      returning e.*
    )
    select e.organization_id, e.id, e.claim_number, e.job_id, e.kind::text, e.queue, e.attempt, e.scheduled_for,
      coalesce(e.url, v.url), coalesce(e.method, v.method), coalesce(e.headers, v.headers), case when e.url is null then v.body else e.body end,
      coalesce(e.content_type, v.content_type), coalesce(e.timeout_ms, v.timeout_ms), coalesce(e.completion, v.completion),
      case when e.url is null then v.expected_status else e.expected_status end,
      case when e.url is null then v.expected_body else e.expected_body end,
      e.hop, o.secrets_changed_at, v_now
    from claimed as e
    join prikke.organization as o on o.id = e.organization_id
    left join prikke.job_version as v on v.organization_id = e.organization_id and v.job_id = e.job_id and v.version = e.job_version and e.url is null;

  -- Runs of deleted jobs that were queued by a transaction which the deletion could not see: the tick is to cancel them.
  get diagnostics v_taken = row_count;
  if v_taken < cardinality(v_ids) then
    insert into prikke.job_change (organization_id, job_id, kind)
    select distinct d.organization_id, d.id, 'cancel_waiting'
    from unnest(v_organizations, v_jobs) as c (organization_id, job_id)
    join prikke.job_definition as d on d.organization_id = c.organization_id and d.id = c.job_id
    where d.deleted_at is not null
      and not exists (
        select
        from prikke.job_change as j
        where j.organization_id = d.organization_id
          and j.job_id = d.id
          and j.kind = 'cancel_waiting');
  end if;
  if v_taken < cardinality(v_looked_ids) then
    perform prikke.pass_on(v_looked_organizations, v_looked_ids, v_taken = 0);
  end if;
end
$$;

comment on function prikke.claim_executions is
  'Takes up to p_room due executions for a runner, under a lease; answers what to send, and the database clock. Runners only.';
