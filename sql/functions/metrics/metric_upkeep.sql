-- Whether the machinery keeps up: how late it is, who runs, what is to be folded, dead rows, partitions.
create or replace function prikke.metric_upkeep()
returns table (name text, kind text, help text, labels jsonb, value double precision)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select 'prikke_oldest_due_age_seconds', 'gauge', 'How long the execution that has waited longest for a runner has been due; 0: none waits.',
    '{}'::jsonb, greatest(extract(epoch from prikke.clock() - coalesce(prikke.oldest_due(), prikke.clock())), 0)::double precision
  union all
  select 'prikke_tick_lag_seconds', 'gauge', 'How far due times of jobs are behind with becoming executions.',
    '{}', greatest(extract(epoch from prikke.clock() - coalesce(
      (select min(s.next_run_at) from prikke.job_state as s where s.next_run_at is not null), prikke.clock())), 0)
  union all
  select 'prikke_runners', 'gauge', 'Runner processes, by state.', jsonb_build_object('state', x.state), count(r.id)
  from unnest('{alive,stopping,silent}'::text[]) as x (state)
  left join prikke.runner as r
    on x.state = case when r.seen_at < prikke.clock() - interval '30 seconds' then 'silent' when r.stopping then 'stopping' else 'alive' end
  group by x.state
  union all
  select x.name, 'gauge', x.help, '{}', x.value
  from (
    select coalesce(sum(r.open), 0) as open, coalesce(sum(r.concurrency), 0) as concurrency, count(*) filter (where r.listening) as listening
    from prikke.runner as r
    where r.seen_at >= prikke.clock() - interval '30 seconds'
  ) as a
  cross join lateral (values
    ('prikke_open_requests', 'Requests that living runners have open.', a.open),
    ('prikke_concurrency', 'Requests that living runners would have open at most.', a.concurrency),
    ('prikke_listening_runners', 'Living runners that NOTIFY reaches; the others poll.', a.listening)
  ) as x (name, help, value)
  union all
  select 'prikke_unfolded_rows', 'gauge', 'Rows that upkeep is still to work in, by table. Above 10,000 no more is counted.',
    jsonb_build_object('table', x.name), x.count
  from (
    select 'tally_change', (select count(*) from (select from prikke.tally_change as c limit 10000) as c)
    union all
    select 'job_outcome', (select count(*) from (select from prikke.job_outcome as c limit 10000) as c)
    union all
    select 'job_change', (select count(*) from (select from prikke.job_change as c limit 10000) as c)
    union all
    select 'execution_request', (select count(*) from (select from prikke.execution_request as c limit 10000) as c)
  ) as x (name, count)
  union all
  select 'prikke_partitions_ahead', 'gauge', 'Days from tomorrow on that history has partitions for; at 0 nothing is handed out.', '{}', prikke.partitions_ahead()
  union all
  select x.name, 'gauge', x.help, jsonb_build_object('table', c.relname), x.value
  from pg_class as c
  cross join lateral (values
    ('prikke_table_bytes', 'Size of a table that is written all the time, with its indexes.', pg_total_relation_size(c.oid)::double precision),
    ('prikke_table_dead_rows', 'Dead rows of a table that is written all the time: what autovacuum is still to remove.', pg_stat_get_dead_tuples(c.oid))
  ) as x (name, help, value)
  where c.relnamespace = 'prikke'::regnamespace
    and c.relname in ('live_execution', 'job_state', 'tally_change', 'job_outcome')
  union all
  select 'prikke_info', 'gauge', 'The release that is installed in the database.',
    jsonb_build_object('release', prikke.setting_value('release') #>> '{}', 'role_mode', prikke.setting_value('role_mode') #>> '{}'), 1
$$;

comment on function prikke.metric_upkeep is 'Gauges of metrics that tell whether the machinery keeps up.';
