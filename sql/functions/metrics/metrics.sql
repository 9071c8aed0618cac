-- Everything a monitoring system asks, in a bounded time however much waits.
create or replace function prikke.metrics()
returns table (name text, kind text, help text, labels jsonb, value double precision)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select m.name, m.kind, m.help, m.labels, m.value from prikke.metric_upkeep() as m
  union all
  select m.name, m.kind, m.help, m.labels, m.value from prikke.metric_depths() as m
  union all
  select m.name, m.kind, m.help, m.labels, m.value from prikke.metric_totals() as m
$$;

comment on function prikke.metrics is
  'What monitoring asks: lateness, depths, runners, upkeep, counters. Example: select name, labels, value from prikke.metrics() where name like ''prikke_oldest%'';';
