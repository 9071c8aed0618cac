-- From tallies and from what is not folded yet, never from history.
create or replace function prikke.measure_lateness()
returns table (organization text, queue text, period text, started bigint, p50 interval, p95 interval, p99 interval, most interval)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with counted (organization_id, queue, quarter_hour, bucket, count) as (
    select t.organization_id, t.queue, t.quarter_hour, b.number, sum(b.count)
    from prikke.tally as t
    cross join unnest(t.lateness) with ordinality as b (count, number)
    where t.quarter_hour >= prikke.quarter_hour(prikke.clock() - interval '24 hours')
      and b.count > 0
    group by t.organization_id, t.queue, t.quarter_hour, b.number
    union all
    select c.organization_id, c.queue, c.quarter_hour, prikke.duration_bucket(l.ms), count(*)
    from prikke.tally_change as c
    cross join unnest(c.latenesses_ms) as l (ms)
    where c.quarter_hour >= prikke.quarter_hour(prikke.clock() - interval '24 hours')
    group by c.organization_id, c.queue, c.quarter_hour, prikke.duration_bucket(l.ms)
  ), summed as (
    select c.organization_id, c.queue, p.period, c.bucket, sum(c.count) as count
    from (values ('1 hour'), ('24 hours')) as p (period)
    join counted as c on c.quarter_hour >= prikke.quarter_hour(prikke.clock() - p.period::interval)
    group by c.organization_id, c.queue, p.period, c.bucket
  ), measured as (
    select s.organization_id, s.queue, s.period, sum(s.count)::bigint as started, max(s.bucket) as highest,
      array_agg(coalesce(s.count, 0)::bigint order by s.bucket) filter (where s.bucket is not null) as counts,
      array_agg(s.bucket order by s.bucket) as buckets
    from summed as s
    group by s.organization_id, s.queue, s.period
  )
  select o.slug, m.queue, m.period, m.started,
    prikke.percentile(h.histogram, 0.5), prikke.percentile(h.histogram, 0.95), prikke.percentile(h.histogram, 0.99),
    make_interval(secs => (prikke.duration_bounds())[m.highest] / 1000)
  from measured as m
  join prikke.organization as o on o.id = m.organization_id
  cross join lateral (
    select array_agg(coalesce(m.counts[array_position(m.buckets, n.number)], 0) order by n.number) as histogram
    from generate_series(1, 16) as n (number)
  ) as h
$$;

comment on function prikke.measure_lateness is
  'Percentiles of lateness by queue for the last hour and the last day. What view lateness shows.';
