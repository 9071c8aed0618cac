-- Which runners live, for explanations: no hosts or processes, which are the operator's.
create or replace function prikke.list_runner_health()
returns table (id uuid, alive boolean, stopping boolean, seen_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select r.id, r.seen_at > prikke.clock() - interval '30 seconds', r.stopping, r.seen_at
  from prikke.runner as r
$$;

comment on function prikke.list_runner_health is 'Runners, and whether they were seen within 30 seconds. Example: select count(*) from prikke.list_runner_health() as r where r.alive;';
