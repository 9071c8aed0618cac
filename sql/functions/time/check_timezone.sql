create or replace function prikke.check_timezone(p_timezone text)
returns void
language plpgsql
stable parallel safe
as $$
declare
  v_problem jsonb;
begin
  if prikke.is_time_zone(p_timezone) then
    return;
  end if;

  v_problem := prikke.timezone_problem(p_timezone);
  if v_problem is not null then
    perform prikke.refuse_schedule('timezone', v_problem ->> 'code', v_problem ->> 'message', v_problem ->> 'hint');
  end if;
end
$$;

comment on function prikke.check_timezone(text) is 'Raises PK422 for a zone that is not in time_zone.';
