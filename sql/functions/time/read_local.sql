-- The instant of a time without offset in a zone, or in that of a job where none is given. Null where either cannot be
-- read: the checks of the schedule then name what is wrong.
create or replace function prikke.read_local(p_local text, p_timezone text, p_job_id uuid default null)
returns timestamptz
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_timezone text := coalesce(
    p_timezone,
    (select d.timezone
     from prikke.job_definition as d
     where p_job_id is not null
       and d.organization_id = prikke.current_organization()
       and d.id = p_job_id),
    'UTC');
begin
  if p_local !~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?$' or prikke.timezone_problem(v_timezone) is not null then
    return null;
  end if;
  return prikke.local_instant(p_local::timestamp, v_timezone);
exception when invalid_datetime_format or datetime_field_overflow then
  return null;
end
$$;

comment on function prikke.read_local is 'The instant of a local time such as 2026-07-01T09:00 in a zone; null if it cannot be read.';
