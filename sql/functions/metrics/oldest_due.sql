-- The due time of what has waited longest for a runner; null: nothing waits. Walks the groups of the ready index (lane,
-- priority, interval class), whose first row is their oldest, so that a million waiting rows cost as much as a thousand.
-- After p_most groups it answers the oldest seen so far.
create or replace function prikke.oldest_due(p_most integer default 1500)
returns timestamptz
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_group record;
  v_oldest timestamptz;
begin
  select min(e.due_at)
  into v_oldest
  from prikke.live_execution as e
  where e.status = 'pending'
    and not e.ready
    and e.held_by is null
    and e.due_at <= prikke.clock();
  select e.organization_id, e.queue, e.priority, e.interval_class, e.due_at
  into v_group
  from prikke.live_execution as e
  where e.ready
  order by e.organization_id, e.queue, e.priority desc, e.interval_class, e.due_at
  limit 1;
  for v_turn in 1 .. p_most loop
    exit when v_group.organization_id is null;
    v_oldest := least(v_oldest, v_group.due_at);
    -- The next interval class of this priority, else the next priority of this lane, else the next lane.
    select e.organization_id, e.queue, e.priority, e.interval_class, e.due_at
    into v_group
    from (
      (select e.organization_id, e.queue, e.priority, e.interval_class, e.due_at
       from prikke.live_execution as e
       where e.ready
         and e.organization_id = v_group.organization_id
         and e.queue = v_group.queue
         and e.priority = v_group.priority
         and e.interval_class > v_group.interval_class
       order by e.interval_class, e.due_at
       limit 1)
      union all
      (select e.organization_id, e.queue, e.priority, e.interval_class, e.due_at
       from prikke.live_execution as e
       where e.ready
         and e.organization_id = v_group.organization_id
         and e.queue = v_group.queue
         and e.priority < v_group.priority
       order by e.priority desc, e.interval_class, e.due_at
       limit 1)
      union all
      (select e.organization_id, e.queue, e.priority, e.interval_class, e.due_at
       from prikke.live_execution as e
       where e.ready
         and (e.organization_id, e.queue) > (v_group.organization_id, v_group.queue)
       order by e.organization_id, e.queue, e.priority desc, e.interval_class, e.due_at
       limit 1)
    ) as e
    limit 1;
  end loop;
  return v_oldest;
end
$$;

comment on function prikke.oldest_due is 'The due time of what has waited longest for a runner and is not held; null: nothing waits.';
