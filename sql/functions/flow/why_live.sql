-- Why a live execution is not running just now: the reading side of the gates in claim_executions.
create or replace function prikke.why_live(p_live prikke.live_execution)
returns table (reason text, message text, until timestamptz, by uuid[])
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_name constant text := format('Execution %s', p_live.id);
  v_queue prikke.queue;
  v_breaker prikke.breaker;
  v_ids uuid[];
  v_at timestamptz;
begin
  if exists (
    select
    from prikke.execution_request as r
    where r.organization_id = p_live.organization_id
      and r.execution_id = p_live.id)
  then
    return query select 'cancelled', v_name || ' is to be cancelled.', null::timestamptz, null::uuid[];
    return;
  end if;
  if p_live.status = 'running' and p_live.runner_id is null then
    return query select 'reporting', format('%s was accepted (202); its receiver has until %s to report.', v_name, prikke.in_words(p_live.lease_ends_at)), p_live.lease_ends_at, null::uuid[];
    return;
  elsif p_live.status = 'running' then
    return query select 'running', format('%s is being delivered since %s; its lease ends at %s.', v_name, prikke.in_words(p_live.claimed_at), prikke.in_words(p_live.lease_ends_at)), p_live.lease_ends_at, array[p_live.runner_id];
    return;
  end if;

  case p_live.held_by
    when 'paused' then
      select q.*
      into v_queue
      from prikke.queue as q
      where q.organization_id = p_live.organization_id
        and q.name = p_live.queue;
      return query select 'paused', format('Queue "%s" was paused by %s at %s%s.', p_live.queue, v_queue.paused_by, prikke.in_words(v_queue.paused_at),
        case when v_queue.pause_reason is not null then format(' (%s)', v_queue.pause_reason) end), null::timestamptz, null::uuid[];
    when 'max_running' then
      v_ids := array(
        select e.id
        from prikke.live_execution as e
        where e.organization_id = p_live.organization_id
          and e.queue = p_live.queue
          and e.status = 'running'
        limit 10);
      return query select 'max_running', format('Queue "%s" is full: %s running.', p_live.queue, cardinality(v_ids)), null::timestamptz, v_ids;
    when 'rate' then
      select s.free_at
      into v_at
      from prikke.queue_state as s
      where s.organization_id = p_live.organization_id
        and s.queue = p_live.queue;
      return query select 'rate', format('Queue "%s" has used its rate; the next goes at %s.', p_live.queue, prikke.in_words(v_at)), v_at, null::uuid[];
    when 'ordering_key' then
      v_ids := array(
        select e.id
        from prikke.live_execution as e
        where e.organization_id = p_live.organization_id
          and e.ordering_key = p_live.ordering_key
          and (e.scheduled_for, e.position) < (p_live.scheduled_for, p_live.position)
        order by e.scheduled_for, e.position
        limit 10);
      if exists (
        select
        from prikke.stopped_key as k
        where k.organization_id = p_live.organization_id
          and k.ordering_key = p_live.ordering_key)
      then
        return query select 'stopped_key', format('Ordering key "%s" stopped at a failure; continue_key lets it go on.', p_live.ordering_key), null::timestamptz, array(
          select k.execution_id
          from prikke.stopped_key as k
          where k.organization_id = p_live.organization_id
            and k.ordering_key = p_live.ordering_key);
      else
        return query select 'ordering_key', format('It waits behind %s with the ordering key "%s".', case when cardinality(v_ids) = 1 then 'another' else 'others' end, p_live.ordering_key), null::timestamptz, v_ids;
      end if;
    when 'overlap' then
      v_ids := array(
        select e.id
        from prikke.live_execution as e
        where e.organization_id = p_live.organization_id
          and e.job_id = p_live.job_id
          and e.id <> p_live.id
          and (e.claim_number > 0 or (e.scheduled_for, e.position) < (p_live.scheduled_for, p_live.position))
        limit 10);
      return query select 'overlap', 'Another run of the same job is still under way.', null::timestamptz, v_ids;
    when 'breaker' then
      select b.*
      into v_breaker
      from prikke.breaker as b
      where b.organization_id = p_live.organization_id
        and b.host = p_live.host;
      return query select 'breaker',
        format('%s failed %s times in a row%s; %s.', p_live.host, v_breaker.failures, coalesce(' (' || v_breaker.last_error || ')', ''), case
          when v_breaker.state = 'half_open' and v_breaker.probe_id is not null then 'one delivery is trying to reach it, and the others go when that succeeds'
          when v_breaker.state = 'half_open' then 'the next delivery to it is let through to try'
          else 'the next try to reach it is at ' || prikke.in_words(v_breaker.open_until)
        end),
        case when v_breaker.state = 'open' then v_breaker.open_until end,
        case when v_breaker.state = 'half_open' then array_remove(array[v_breaker.probe_id], null) end
      where v_breaker.host is not null
      union all
      select 'ready', format('%s answers again; %s goes at the next tick.', p_live.host, v_name), null, null
      where v_breaker.host is null;
    when 'host' then
      return query select 'host', format('As many requests as one host may get are open to %s.', p_live.host), null::timestamptz, null::uuid[];
    when 'organization' then
      return query select 'organization', 'The organization runs as many deliveries as it may at once.', null::timestamptz, null::uuid[];
    when 'limit' then
      return query select 'limit', 'The plan''s executions of this month are used up; it goes when a new month begins or the plan changes.', prikke.month_end(v_now), null::uuid[];
    else
      if p_live.due_at > v_now and p_live.attempt > 0 then
        return query select 'retry', format('Attempt %s of %s failed (%s); the next is at %s.', p_live.attempt, p_live.max_attempts, p_live.error_message, prikke.in_words(p_live.due_at)), p_live.due_at, null::uuid[];
      elsif p_live.due_at > v_now then
        return query select 'not_due', format('%s is due at %s.', v_name, prikke.in_words(p_live.due_at)), p_live.due_at, null::uuid[];
      else
        return query select 'ready', format('%s is due since %s and goes when a runner has room.', v_name, prikke.in_words(p_live.due_at)), null::timestamptz, null::uuid[];
      end if;
  end case;
  if not exists (select from prikke.list_runner_health() as r where r.alive) then
    return query select 'no_runner', 'No runner is alive: nothing is delivered until one starts.', null::timestamptz, null::uuid[];
  end if;
end
$$;

comment on function prikke.why_live is 'Why a live execution is not running, from the conditions that the claim asks.';
