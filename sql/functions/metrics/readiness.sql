-- Whether this installation can be worked with just now: for load balancers, every few seconds.
create or replace function prikke.readiness()
returns table (release text, oldest_runner text, oldest_due_age interval, runners integer, clock timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    prikke.setting_value('release') #>> '{}',
    prikke.setting_value('oldest_runner') #>> '{}',
    prikke.clock() - prikke.oldest_due(500),
    (select count(*)::integer from prikke.runner as r where r.seen_at >= prikke.clock() - interval '30 seconds'),
    prikke.clock()
$$;

comment on function prikke.readiness is 'The release, how long the oldest due execution has waited (null: none waits), and living runners.';
