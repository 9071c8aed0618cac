-- Removes a runner that stopped, and those unseen for an hour.
create or replace function prikke.forget_runners(p_runner_id uuid default null)
returns integer
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with gone as (
    select r.id
    from prikke.runner as r
    where r.id = p_runner_id
       or r.seen_at < prikke.clock() - interval '1 hour'
    for update skip locked
  ), asleep as (
    delete from prikke.runner_sleep as s
    using gone
    where s.runner_id = gone.id
  ), removed as (
    delete from prikke.runner as r
    using gone
    where r.id = gone.id
    returning r.id
  )
  select count(*)::integer
  from removed
$$;

comment on function prikke.forget_runners is 'Removes the given runner and those long unseen; answers how many.';
