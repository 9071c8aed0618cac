-- A length of time from text, null where it is none: PostgreSQL 15 has no pg_input_is_valid.
create or replace function prikke.read_interval(p_text text)
returns interval
language plpgsql
immutable parallel safe
as $$
begin
  return p_text::interval;
exception when invalid_datetime_format or datetime_field_overflow or interval_field_overflow or invalid_parameter_value then
  return null;
end
$$;

comment on function prikke.read_interval is 'A length of time such as "30 s" or "1 hour"; null if it cannot be read.';
