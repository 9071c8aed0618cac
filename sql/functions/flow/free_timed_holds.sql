-- Lets through what time alone frees: the next of a rate, and one probe for each breaker whose pause is over. Answers when
-- the next of them is due.
create or replace function prikke.free_timed_holds(p_limit integer default 1000)
returns timestamptz
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_lane record;
  v_breaker record;
  v_organization_id uuid;
begin
  for v_lane in
    select s.organization_id, s.queue, coalesce(q.burst, 1000) as burst
    from prikke.queue_state as s
    left join prikke.queue as q on q.organization_id = s.organization_id and q.name = s.queue and q.rate is not null
    where s.free_at <= v_now
    order by s.free_at
    limit p_limit
    for update of s skip locked
  loop
    if prikke.free_held(v_lane.organization_id, 'rate', v_lane.queue, v_lane.burst) = 0 then
      update prikke.queue_state as s
      set free_at = null
      where s.organization_id = v_lane.organization_id
        and s.queue = v_lane.queue;
    else
      update prikke.queue_state as s
      set free_at = v_now + coalesce((
        select q.rate_period / q.rate
        from prikke.queue as q
        where q.organization_id = v_lane.organization_id
          and q.name = v_lane.queue
          and q.rate is not null), interval '0')
      where s.organization_id = v_lane.organization_id
        and s.queue = v_lane.queue;
    end if;
  end loop;

  for v_breaker in
    select b.organization_id, b.host
    from prikke.breaker as b
    where b.open_until <= v_now
    order by b.open_until
    limit p_limit
    for update skip locked
  loop
    -- Looked at again after ten seconds, in case the probe is held by something else or its runner is lost.
    if prikke.free_held(v_breaker.organization_id, 'breaker', v_breaker.host, 1) > 0 then
      update prikke.breaker as b
      set open_until = v_now + interval '10 seconds',
          state = 'half_open'
      where b.organization_id = v_breaker.organization_id
        and b.host = v_breaker.host;
    else
      update prikke.breaker as b
      set open_until = 'infinity',
          state = 'half_open'
      where b.organization_id = v_breaker.organization_id
        and b.host = v_breaker.host;
    end if;
  end loop;

  for v_organization_id in
    delete from prikke.plan_hold as h
    where h.organization_id in (
      select x.organization_id
      from prikke.plan_hold as x
      where x.free_at <= v_now
      order by x.free_at
      limit p_limit
      for update skip locked)
    returning h.organization_id
  loop
    perform prikke.free_hold(v_organization_id, 'limit', '');
  end loop;

  return least(
    (select min(h.free_at) from prikke.plan_hold as h),
    (select min(s.free_at) from prikke.queue_state as s where s.free_at is not null),
    (select min(b.open_until) from prikke.breaker as b where b.open_until is not null));
end
$$;

comment on function prikke.free_timed_holds is 'Frees what waited for a rate or for a breaker''s pause; answers when it is needed next.';
