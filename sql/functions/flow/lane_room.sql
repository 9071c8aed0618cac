-- How many executions of a gated lane may start now; null where another runner is looking at the lane. Looked at under a
-- lock that is only tried, and counted in later statements than the lock, so that what others have just started is seen.
-- Who may not go is parked.
create or replace function prikke.lane_room(p_organization_id uuid, p_queue text, p_most integer)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_queue prikke.queue;
  v_room integer := p_most;
  v_held_by text;
  v_running integer;
  v_step interval;
  v_tat timestamptz;
begin
  if not prikke.try_key(p_organization_id, 'lane', p_queue) then
    return null;
  end if;
  select q.*
  into v_queue
  from prikke.queue as q
  where q.organization_id = p_organization_id
    and q.name = p_queue;
  if v_queue.paused then
    v_room := 0;
    v_held_by := 'paused';
  end if;

  if v_room > 0 and v_queue.max_running is not null then
    select count(*)
    into v_running
    from prikke.live_execution as e
    where e.organization_id = p_organization_id
      and e.queue = p_queue
      and e.status = 'running';
    if v_queue.max_running - v_running < v_room then
      v_room := greatest(v_queue.max_running - v_running, 0);
      v_held_by := 'max_running';
    end if;
  end if;

  if v_room > 0 and v_queue.rate is not null then
    v_step := v_queue.rate_period / v_queue.rate;
    insert into prikke.queue_state (organization_id, queue)
    values (p_organization_id, p_queue)
    on conflict do nothing;
    select greatest(s.tat, v_now)
    into v_tat
    from prikke.queue_state as s
    where s.organization_id = p_organization_id
      and s.queue = p_queue;
    if v_tat > v_now + v_step * v_queue.burst then
      -- Noted under a slower rate, or before the clock went back.
      v_tat := v_now + v_step * v_queue.burst;
      update prikke.queue_state as s
      set tat = v_tat
      where s.organization_id = p_organization_id
        and s.queue = p_queue;
    end if;
    v_running := floor(date_part('epoch', v_now + v_step * v_queue.burst - v_tat) / date_part('epoch', v_step) + 0.000001);
    if v_running < v_room then
      v_room := greatest(v_running, 0);
      v_held_by := 'rate';
    end if;
    if v_room = 0 then
      update prikke.queue_state as s
      set free_at = v_tat - v_step * (v_queue.burst - 1)
      where s.organization_id = p_organization_id
        and s.queue = p_queue;
    end if;
  end if;

  if v_room = 0 then
    perform prikke.park_lane(p_organization_id, p_queue, v_held_by);
  end if;
  return v_room;
end
$$;

comment on function prikke.lane_room is 'How many executions of a lane may start now; parks the rest where none may. Null: another runner is looking.';
