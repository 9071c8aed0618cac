-- Lanes (organization, queue) that have ready executions, from the one after the cursor on and around the end, by a loose
-- index scan: one descent a lane, however deep the lane is. A gated lane has a limit of its own or is paused, a
-- capped one belongs to an organization with a cap, or plans are on. Written so that it becomes a part of the claim's query.
create or replace function prikke.ready_lanes(p_after_organization uuid, p_after_queue text, p_most integer)
returns table (organization_id uuid, queue text, turn integer, gated boolean, capped boolean, number integer)
language sql
stable
as $$
  with recursive lane (organization_id, queue, wrapped, number) as (
    values (p_after_organization, p_after_queue collate "C", false, 0)
    union all
    select next.organization_id, next.queue, next.wrapped, lane.number + 1
    from lane
    cross join lateral (
      (select e.organization_id, e.queue, lane.wrapped as wrapped
       from prikke.live_execution as e
       where e.ready
         and (e.organization_id, e.queue) > (lane.organization_id, lane.queue)
       order by e.organization_id, e.queue
       limit 1)
      union all
      (select e.organization_id, e.queue, true
       from prikke.live_execution as e
       where e.ready
         and not lane.wrapped
       order by e.organization_id, e.queue
       limit 1)
      limit 1
    ) as next
    where lane.number < p_most
      and not (next.wrapped and (next.organization_id, next.queue) > (p_after_organization, p_after_queue collate "C"))
  )
  select lane.organization_id, lane.queue, case when o.tier = 'pro' then 4 else 1 end,
    coalesce(q.paused or q.max_running is not null or q.rate is not null, false), o.limits ? 'max_running' or p.plans, lane.number
  from lane
  cross join (
    select exists (select from prikke.setting as s where s.name = 'plans' and s.value = 'true') as plans
  ) as p
  join prikke.organization as o on o.id = lane.organization_id
  left join prikke.queue as q on q.organization_id = lane.organization_id and q.name = lane.queue
  where lane.number > 0
$$;

comment on function prikke.ready_lanes is 'Lanes with ready executions behind a cursor, in turn, with the rows a turn gives them and whether a limit applies.';
