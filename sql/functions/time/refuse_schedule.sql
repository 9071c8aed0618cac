-- One wrong field as the error every door understands. check_job catches it and
-- puts the entry of DETAIL among its others.
create or replace function prikke.refuse_schedule(p_field text, p_code text, p_message text, p_hint text)
returns void
language plpgsql
volatile parallel safe
as $$
declare
  v_detail text := jsonb_build_array(jsonb_build_object('field', p_field, 'code', p_code, 'message', p_message, 'hint', p_hint));
begin
  if p_hint is null then
    raise exception '%', p_message
      using errcode = 'PK422', detail = v_detail;
  else
    raise exception '%', p_message
      using errcode = 'PK422', detail = v_detail, hint = p_hint;
  end if;
end
$$;

comment on function prikke.refuse_schedule(text, text, text, text) is
  'Raises PK422 for one wrong field of a schedule.';
