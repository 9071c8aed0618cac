-- Bucket of a length of time in milliseconds, 1 to 16. Upper bounds: 1 2 5 10 20 50 100 200 500 ms, 1 2 5 10 30 60 s, beyond.
create or replace function prikke.duration_bucket(p_ms double precision)
returns integer
language sql
immutable parallel safe
as $$
  select 1 + width_bucket(p_ms, array[1.0, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000]::double precision[])
$$;

comment on function prikke.duration_bucket is 'Index of the histogram bucket (1 to 16) for a duration in milliseconds; a value on a bound falls into the bucket above it.';
