-- What is to come for all organizations together, for operators.
create or replace function prikke.forecast_all(
  since timestamptz default null,
  until timestamptz default null,
  bucket interval default '1 hour'
)
returns table (
  bucket_at timestamptz,
  runs bigint,
  waiting bigint,
  seconds double precision,
  busiest_at timestamptz,
  busiest_runs bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := prikke.clock();
  v_since timestamptz := greatest(since, v_now);
  v_until timestamptz := coalesce(until, greatest(since, v_now) + interval '1 day');
begin
  perform prikke.refuse(prikke.forecast_problems(v_since, v_until, bucket));
  return query
    select to_timestamp(f.bucket), f.runs, f.waiting, f.seconds, to_timestamp(f.busiest), f.busiest_runs
    from prikke.forecast_runs(
      null, ceil(extract(epoch from v_since))::bigint, ceil(extract(epoch from v_until))::bigint, extract(epoch from bucket)::bigint) as f
    order by f.bucket;
end
$$;

comment on function prikke.forecast_all is
  'What is to come for all organizations together: runs, known waiting ones, seconds of work, the busiest minute. Example: select bucket_at, runs, busiest_at, busiest_runs from prikke.forecast_all(bucket => ''1 hour'');';
