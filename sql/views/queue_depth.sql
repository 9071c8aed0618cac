create or replace view prikke.queue_depth as
select
  o.slug as organization,
  e.queue, e.due, e.held, e.running, e.later, e.oldest_due_at,
  prikke.clock() - e.oldest_due_at as oldest_due_age,
  e.next_due_at
from (
  select w.organization_id, w.queue,
    count(*) filter (where w.status = 'pending' and w.held_by is null and w.due_at <= prikke.clock()) as due,
    count(*) filter (where w.held_by is not null) as held,
    count(*) filter (where w.status = 'running') as running,
    count(*) filter (where w.status = 'pending' and w.held_by is null and w.due_at > prikke.clock()) as later,
    min(w.due_at) filter (where w.status = 'pending' and w.held_by is null and w.due_at <= prikke.clock()) as oldest_due_at,
    min(w.due_at) filter (where w.status = 'pending' and w.held_by is null and w.due_at > prikke.clock()) as next_due_at
  from prikke.live_execution as w
  group by w.organization_id, w.queue
) as e
join prikke.organization as o on o.id = e.organization_id
order by e.due desc, e.oldest_due_at, o.slug, e.queue;

comment on view prikke.queue_depth is
  'How much waits in each queue, deepest first. Example: select organization, queue, due, oldest_due_age from prikke.queue_depth;';
comment on column prikke.queue_depth.due is 'Could start now, but for a free runner.';
comment on column prikke.queue_depth.held is 'Due or not, but kept back; due_execution says by what.';
comment on column prikke.queue_depth.later is 'Due later: sends for later, and retries.';
comment on column prikke.queue_depth.oldest_due_age is 'How long the oldest of the due has waited.';
