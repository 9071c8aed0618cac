-- Partitions from yesterday to seven days ahead. A lock that does not come within 200 ms leaves the rest for the next call.
create or replace function prikke.keep_partitions()
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  v_made integer := 0;
  v_day record;
begin
  if not pg_try_advisory_xact_lock(1886546795, 1) then
    return 0;
  end if;
  for v_day in
    select p.name, d.day::date
    from generate_series(prikke.clock()::date - 1, prikke.clock()::date + 7, interval '1 day') as d (day)
    cross join (values ('past_execution'), ('past_attempt')) as p (name)
    order by d.day
  loop
    begin
      v_made := v_made + prikke.make_partition(v_day.name, v_day.day)::integer;
    exception when lock_not_available then
      raise warning 'partition of % for % waits for a lock', v_day.name, v_day.day;
    end;
  end loop;
  return v_made;
end
$$;

comment on function prikke.keep_partitions is 'Makes history partitions from yesterday to a week ahead; answers how many were missing.';
