-- The duration below which a share of a histogram lies, by straight lines within a bucket.
create or replace function prikke.percentile(p_buckets bigint[], p_share double precision)
returns interval
language sql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  with bucket as (
    select b.number, b.count,
      sum(b.count) over (order by b.number) as upto,
      sum(b.count) over () * p_share as wanted,
      coalesce((prikke.duration_bounds())[b.number - 1], 0) as lower_ms,
      coalesce((prikke.duration_bounds())[b.number], (prikke.duration_bounds())[b.number - 1]) as upper_ms
    from unnest(p_buckets) with ordinality as b (count, number)
  )
  select make_interval(secs => round((b.lower_ms + (b.upper_ms - b.lower_ms) * (1 - (b.upto - b.wanted) / b.count))::numeric, 1)::double precision / 1000)
  from bucket as b
  where b.count > 0
    and b.upto >= b.wanted
  order by b.number
  limit 1
$$;

comment on function prikke.percentile is
  'A percentile of a histogram of durations; a minute where it lies beyond the last bound, null where nothing was counted.';
