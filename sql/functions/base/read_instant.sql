-- An instant from text in ISO 8601 with its offset, so that it means the same wherever it is read; null where it is none.
create or replace function prikke.read_instant(p_text text)
returns timestamptz
language plpgsql
immutable parallel safe
as $$
begin
  if p_text !~* '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)? ?(Z|[+-]\d\d(:?\d\d)?)$' then
    return null;
  end if;
  return p_text::timestamptz;
exception when invalid_datetime_format or datetime_field_overflow or invalid_parameter_value then
  return null;
end
$$;

comment on function prikke.read_instant is 'An instant in ISO 8601 with offset; null if it cannot be read.';
