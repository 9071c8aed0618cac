-- The caller's queues: those with settings and those in use, with how deep they are.
create or replace function prikke.list_queues()
returns table (
  name text,
  max_running integer,
  rate integer,
  rate_period interval,
  burst integer,
  after_failure text,
  paused boolean,
  paused_by text,
  pause_reason text,
  paused_at timestamptz,
  running bigint,
  due bigint,
  held bigint,
  later bigint,
  oldest_due_at timestamptz
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with depth as (
    select e.queue,
      count(*) filter (where e.status = 'running') as running,
      count(*) filter (where e.ready) as due,
      count(*) filter (where e.held_by is not null) as held,
      count(*) filter (where e.status = 'pending' and not e.ready and e.held_by is null) as later,
      min(e.due_at) filter (where e.ready) as oldest_due_at
    from prikke.live_execution as e
    where e.organization_id = prikke.current_organization()
    group by e.queue
  ), known as (
    select q.*
    from prikke.queue as q
    where q.organization_id = prikke.current_organization()
  )
  select coalesce(k.name, d.queue), k.max_running, k.rate, k.rate_period, k.burst, coalesce(k.after_failure, 'continue'),
    coalesce(k.paused, false), k.paused_by, k.pause_reason, k.paused_at,
    coalesce(d.running, 0), coalesce(d.due, 0), coalesce(d.held, 0), coalesce(d.later, 0), d.oldest_due_at
  from known as k
  full join depth as d on d.queue = k.name
  union all
  select 'default', null, null, null, null, 'continue', false, null, null, null, 0, 0, 0, 0, null
  where not exists (select from known as k where k.name = 'default')
    and not exists (select from depth as d where d.queue = 'default')
  order by 1
$$;

comment on function prikke.list_queues is 'Queues with their limits and what runs, is due, held and waits for later. Example: select name, running, due, held, paused from prikke.list_queues();';
