-- Counters and histograms, from totals that only rise. They stand as of the last fold, seconds ago.
create or replace function prikke.metric_totals()
returns table (name text, kind text, help text, labels jsonb, value double precision)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with total as (
    select t.*
    from prikke.tally_total as t
  ), series as (
    select s.series_status as status, sum(s.series_count) as count
    from prikke.job_state as s
    where s.series_status is not null
    group by s.series_status
  ), histogram (name, help, sum_ms, counts) as (
    select 'prikke_attempt_duration_seconds', 'How long attempts took, from the first byte sent to the end of the answer.',
      (select sum(t.duration_ms) from total as t),
      array(select coalesce(sum(t.durations[n.number]), 0) from total as t right join generate_series(1, 16) as n (number) on true group by n.number order by n.number)
    union all
    select 'prikke_lateness_seconds', 'How late executions began: from due time to the first request.',
      (select sum(t.lateness_ms) from total as t),
      array(select coalesce(sum(t.lateness[n.number]), 0) from total as t right join generate_series(1, 16) as n (number) on true group by n.number order by n.number)
  )
  (select 'prikke_executions_total', 'counter', 'Executions that ended, by how they ended and what made them. Missed and skipped ones count due times.',
    jsonb_build_object('status', x.status, 'kind', x.kind),
    coalesce(t.count, 0) + coalesce(case when x.kind = 'schedule' then s.count end, 0)
  from (
    select s.status, k.kind
    from unnest('{success,failed,timeout,cancelled}'::text[]) as s (status)
    cross join unnest('{schedule,manual,send,replay,notification,test}'::text[]) as k (kind)
    union all
    values ('missed', 'schedule'), ('skipped', 'schedule')
  ) as x
  left join total as t on t.status = x.status and t.kind = x.kind
  left join series as s on s.status = x.status
  order by x.status, x.kind)
  union all
  select x.name, 'counter', x.help, '{}', coalesce((select sum(t.count) from total as t where t.status = x.status), 0)
  from (values
    ('prikke_retries_total', 'retry', 'Attempts that failed and were to be tried again.'),
    ('prikke_leases_lost_total', 'lost', 'Leases that lapsed: a runner died, froze or was cut off.'),
    ('prikke_targets_refused_total', 'refused', 'Executions that the guard refused to send.')
  ) as x (name, status, help)
  union all
  select h.name || x.suffix, 'histogram', h.help, x.labels, coalesce(x.value, 0)
  from histogram as h
  cross join lateral (
    select '_bucket' as suffix, jsonb_build_object('le', coalesce(((prikke.duration_bounds())[c.number] / 1000)::text, '+Inf')) as labels,
      sum(c.count) over (order by c.number) as value
    from unnest(h.counts) with ordinality as c (count, number)
    union all
    select '_sum', '{}', h.sum_ms / 1000.0
    union all
    select '_count', '{}', (select sum(c.count) from unnest(h.counts) as c (count))
  ) as x
$$;

comment on function prikke.metric_totals is 'Counters and histograms of metrics.';
