-- What waits and runs, and how many jobs there are. Counted up to 10,000 of each, which takes milliseconds; beyond that
-- the statistics of the partial index say about how many. Always by the partial indexes: with statistics that are behind,
-- the planner may read a whole table for a handful.
create or replace function prikke.metric_depths()
returns table (name text, kind text, help text, labels jsonb, value double precision)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
  select 'prikke_executions', 'gauge', 'Executions that are not over, by state: due, later, held, running. Above 10,000 an estimate.',
    jsonb_build_object('state', x.state), case when x.count < 10000 then x.count else greatest(x.count, prikke.estimated_rows(x.index)) end
  from (
    select 'due', (select count(*) from (select from prikke.live_execution as e where e.ready limit 10000) as c), 'live_execution_ready'
    union all
    select 'later', (select count(*) from (select from prikke.live_execution as e where e.status = 'pending' and not e.ready and e.held_by is null limit 10000) as c), 'live_execution_upcoming'
    union all
    select 'held', (select count(*) from (select from prikke.live_execution as e where e.held_by is not null limit 10000) as c), 'live_execution_held'
    union all
    select 'running', (select count(*) from (select from prikke.live_execution as e where e.status = 'running' limit 10000) as c), 'live_execution_running'
  ) as x (state, count, index)
  union all
  select 'prikke_held_executions', 'gauge', 'Executions that are kept back, by what. Of the first 10,000.',
    jsonb_build_object('held_by', h.held_by), count(*)
  from (select e.held_by from prikke.live_execution as e where e.held_by is not null limit 10000) as h
  group by h.held_by
  union all
  select 'prikke_jobs', 'gauge', 'Jobs: all of them, those with a next run, failing, set aside since they cannot be scheduled. Above 10,000 an estimate.',
    jsonb_build_object('state', x.state), case when x.count < 10000 then x.count else greatest(x.count, prikke.estimated_rows(x.index)) end
  from (
    select 'all', (select count(*) from (select from prikke.job_definition as d where d.deleted_at is null limit 10000) as c), 'job_definition_by_creation'
    union all
    select 'planned', (select count(*) from (select from prikke.job_state as s where s.next_run_at is not null limit 10000) as c), 'job_state_due'
    union all
    select 'failing', (select count(*) from (select from prikke.job_state as s where s.consecutive_failures > 0 limit 10000) as c), 'job_state_failing'
    union all
    select 'set_aside', (select count(*) from (select from prikke.job_state as s where s.set_aside_at is not null limit 10000) as c), 'job_state_set_aside'
  ) as x (state, count, index)
  union all
  select 'prikke_organizations', 'gauge', 'Organizations.', '{}', count(*)
  from prikke.organization as o
  where o.deleted_at is null
$$;

comment on function prikke.metric_depths is 'Gauges of metrics that count what waits and what there is.';
