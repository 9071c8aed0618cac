-- From tallies and from what is not folded yet, never from history. The sums are written out, bucket by bucket: a day may
-- have a million tallies, and unnesting their histograms takes several times as long. Bounds in subqueries are worked
-- out once and not for every row.
create or replace function prikke.measure_lateness()
returns table (organization text, queue text, period text, started bigint, p50 interval, p95 interval, p99 interval, most interval)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with counted (organization_id, queue, recent, counts) as (
    select t.organization_id, t.queue, t.quarter_hour >= (select prikke.quarter_hour(prikke.clock() - interval '1 hour')), array[
      sum(t.lateness[1]), sum(t.lateness[2]), sum(t.lateness[3]), sum(t.lateness[4]),
      sum(t.lateness[5]), sum(t.lateness[6]), sum(t.lateness[7]), sum(t.lateness[8]),
      sum(t.lateness[9]), sum(t.lateness[10]), sum(t.lateness[11]), sum(t.lateness[12]),
      sum(t.lateness[13]), sum(t.lateness[14]), sum(t.lateness[15]), sum(t.lateness[16])]
    from prikke.tally as t
    where t.quarter_hour >= (select prikke.quarter_hour(prikke.clock() - interval '24 hours'))
    group by 1, 2, 3
    union all
    select c.organization_id, c.queue, c.quarter_hour >= (select prikke.quarter_hour(prikke.clock() - interval '1 hour')),
      prikke.histogram(array_agg(l.ms))::numeric[]
    from prikke.tally_change as c
    cross join unnest(c.latenesses_ms) as l (ms)
    where c.quarter_hour >= (select prikke.quarter_hour(prikke.clock() - interval '24 hours'))
    group by 1, 2, 3
  ), summed as (
    select c.organization_id, c.queue, p.period, b.number, sum(b.count)::bigint as count
    from (values ('1 hour'), ('24 hours')) as p (period)
    join counted as c on c.recent or p.period = '24 hours'
    cross join unnest(c.counts) with ordinality as b (count, number)
    group by c.organization_id, c.queue, p.period, b.number
  ), measured as (
    select s.organization_id, s.queue, s.period, sum(s.count)::bigint as started,
      array_agg(s.count order by s.number) as buckets,
      max(s.number) filter (where s.count > 0) as highest
    from summed as s
    group by s.organization_id, s.queue, s.period
  )
  select o.slug, m.queue, m.period, m.started,
    prikke.percentile(m.buckets, 0.5), prikke.percentile(m.buckets, 0.95), prikke.percentile(m.buckets, 0.99),
    make_interval(secs => (prikke.duration_bounds())[m.highest] / 1000)
  from measured as m
  join prikke.organization as o on o.id = m.organization_id
  where m.started > 0
$$;

comment on function prikke.measure_lateness is
  'Percentiles of lateness by queue for the last hour and the last day. What view lateness shows.';
