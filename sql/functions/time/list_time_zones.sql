-- Every zone that a schedule or a person may name.
create or replace function prikke.list_time_zones()
returns setof text
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select z.name
  from prikke.time_zone as z
  order by z.name
$$;

comment on function prikke.list_time_zones is 'The names of all time zones that are accepted. Example: select * from prikke.list_time_zones();';
