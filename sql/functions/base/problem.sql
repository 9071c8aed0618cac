-- One wrong field, in the shape of PK422's DETAIL.
create or replace function prikke.problem(p_field text, p_code text, p_message text, p_hint text default null)
returns jsonb
language sql
immutable parallel safe
as $$
  select jsonb_build_object('field', p_field, 'code', p_code, 'message', p_message, 'hint', p_hint)
$$;

comment on function prikke.problem is 'One wrong field: {"field", "code", "message", "hint"}.';
