-- Refuses input with every wrong field at once; returns quietly when nothing is wrong.
create or replace function prikke.refuse(p_problems jsonb)
returns void
language plpgsql
immutable parallel safe
as $$
declare
  v_first jsonb := p_problems -> 0;
begin
  if v_first is null then
    return;
  end if;
  raise exception '%', concat(
      v_first ->> 'field', ': ', v_first ->> 'message',
      case when jsonb_array_length(p_problems) > 1 then format(' (and %s more)', jsonb_array_length(p_problems) - 1) end)
    using errcode = 'PK422',
      detail = p_problems::text,
      hint = coalesce(v_first ->> 'hint', ''),
      column = v_first ->> 'field';
end
$$;

comment on function prikke.refuse is 'Raises PK422 with all problems as JSON in DETAIL; does nothing for an empty array or null.';
