-- Counts of durations by bucket.
create or replace function prikke.histogram(p_ms integer[])
returns bigint[]
language sql
immutable parallel safe
as $$
  select array_agg(coalesce(c.count, 0) order by b.bucket)
  from generate_series(1, 16) as b (bucket)
  left join (
    select prikke.duration_bucket(v.ms) as bucket, count(*) as count
    from unnest(p_ms) as v (ms)
    group by 1
  ) as c on c.bucket = b.bucket
$$;

comment on function prikke.histogram is 'Sixteen counts of durations in milliseconds, by duration_bucket.';
