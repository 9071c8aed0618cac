create or replace function prikke.is_time_zone(p_timezone text)
returns boolean
language plpgsql
stable parallel safe security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (select from prikke.time_zone where name = p_timezone);
end
$$;

comment on function prikke.is_time_zone(text) is 'Whether a schedule may name this zone.';
