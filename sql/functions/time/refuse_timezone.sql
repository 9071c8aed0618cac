create or replace function prikke.refuse_timezone(p_timezone text)
returns void
language plpgsql
volatile parallel safe
as $$
declare
  v_problem jsonb := prikke.timezone_problem(p_timezone);
begin
  perform prikke.refuse_schedule('timezone', v_problem ->> 'code', v_problem ->> 'message', v_problem ->> 'hint');
end
$$;

comment on function prikke.refuse_timezone(text) is 'Raises PK422 for a zone that is_time_zone does not know.';
