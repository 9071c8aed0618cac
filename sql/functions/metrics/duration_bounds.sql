-- Upper bounds in milliseconds of all buckets of duration_bucket but the last, which has none.
create or replace function prikke.duration_bounds()
returns double precision[]
language sql
immutable parallel safe
as $$
  select array[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000]::double precision[]
$$;

comment on function prikke.duration_bounds is 'Upper bounds of the buckets of a histogram of durations, in milliseconds.';
