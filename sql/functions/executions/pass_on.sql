-- After a claim that did not take all it looked at: of those it parked, the places that caps had kept for them go to
-- others, and what stands behind the same ordering key in the same lane is parked with them, so that a long row behind one
-- key is passed in thousands. Whoever was idle looks again.
create or replace function prikke.pass_on(p_organizations uuid[], p_ids uuid[], p_idle boolean)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  v_organizations uuid[];
  v_queues text[];
  v_hosts text[];
begin
  select array_agg(w.organization_id), array_agg(w.queue), array_agg(w.host)
  into v_organizations, v_queues, v_hosts
  from unnest(p_organizations, p_ids) as c (organization_id, id)
  join prikke.live_execution as w on w.organization_id = c.organization_id and w.id = c.id
  where w.held_by is not null;
  if v_organizations is null then
    return;
  end if;

  with key as materialized (
    select distinct w.organization_id, w.queue, w.ordering_key
    from unnest(p_organizations, p_ids) as c (organization_id, id)
    join prikke.live_execution as w on w.organization_id = c.organization_id and w.id = c.id
    where w.held_by = 'ordering_key'
  ), first as materialized (
    select k.organization_id, k.queue, k.ordering_key, f.id
    from key as k
    cross join lateral (
      select e.id
      from prikke.live_execution as e
      where e.organization_id = k.organization_id
        and e.ordering_key = k.ordering_key
      order by e.scheduled_for, e.position
      limit 1
    ) as f
  ), near as materialized (
    select n.*
    from (select distinct k.organization_id, k.queue from key as k) as l
    cross join lateral (
      (select e.organization_id, e.id, e.queue, e.ordering_key
       from prikke.live_execution as e
       where e.ready
         and e.organization_id = l.organization_id
         and e.queue = l.queue
       order by e.priority desc, e.interval_class, e.due_at, e.position
       limit 1000)
      union all
      (select e.organization_id, e.id, e.queue, e.ordering_key
       from prikke.live_execution as e
       where e.held_by = 'max_running'
         and e.organization_id = l.organization_id
         and e.queue = l.queue
       order by e.priority desc, e.interval_class, e.due_at, e.position
       limit 1000)
    ) as n
  ), behind as materialized (
    select e.organization_id, e.id
    from near as n
    join first as f on f.organization_id = n.organization_id and f.queue = n.queue and f.ordering_key = n.ordering_key and f.id <> n.id
    join prikke.live_execution as e on e.organization_id = n.organization_id and e.id = n.id
    where e.claim_number = 0
      and (e.ready or e.held_by = 'max_running')
    for update of e skip locked
  )
  update prikke.live_execution as e
  set ready = false,
      held_by = 'ordering_key'
  from behind as b
  where e.organization_id = b.organization_id
    and e.id = b.id;

  perform prikke.free_slots(v_organizations, v_queues, v_hosts);
  if p_idle then
    perform prikke.wake_runners('-infinity');
  end if;
end
$$;

comment on function prikke.pass_on is 'Gives places of parked executions to others, and parks who stands behind the same keys.';
