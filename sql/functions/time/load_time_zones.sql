-- Postgres reads the names of abbreviations as fixed offsets (CET is +1 all summer),
-- so no schedule may use them; UTC and GMT mean the same either way.
create or replace function prikke.load_time_zones()
returns integer
language plpgsql
volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_names text[] := array(
    select name
    from pg_timezone_names
    where name !~ '^(posix|right|SystemV|US/Pacific-New)'
      and name not in ('Factory', 'localtime', 'posixrules', 'CET', 'EET', 'MET', 'WET', 'EST', 'MST', 'HST')
    order by name
  );
begin
  delete from prikke.time_zone
  where name <> all (v_names);

  insert into prikke.time_zone (name)
  select unnest(v_names)
  on conflict (name) do nothing;

  return cardinality(v_names);
end
$$;

comment on function prikke.load_time_zones() is
  'Fills time_zone from the zone data of this server; returns how many it holds. Called by install.';
