-- A field's value as history may show it.
create or replace function prikke.shown_value(p_name text, p_value jsonb)
returns jsonb
language sql
immutable parallel safe
as $$
  select case
    when p_name !~ '(sealed|hash|token|secret|headers)$' or p_value = 'null' then p_value
    when p_name ~ 'headers$' then prikke.mask_headers(p_value)
    else '"••••••"'::jsonb
  end
$$;

comment on function prikke.shown_value is 'A value for audit and versions: headers masked, what is sealed or hashed hidden.';
