-- Makes ready what has become due: later sends and retries.
create or replace function prikke.ripen_executions(p_limit integer default 1000)
returns integer
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with due as materialized (
    select e.organization_id, e.id
    from prikke.live_execution as e
    where e.status = 'pending'
      and not e.ready
      and e.held_by is null
      and e.due_at <= prikke.clock()
    order by e.due_at
    limit p_limit
    for update skip locked
  ), ripened as (
    update prikke.live_execution as e
    set ready = true
    from due
    where e.organization_id = due.organization_id
      and e.id = due.id
    returning e.id
  )
  select count(*)::integer
  from ripened
$$;

comment on function prikke.ripen_executions is 'Readies waiting executions whose time has come; answers how many.';
