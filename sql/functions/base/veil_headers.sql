-- Headers as somebody may see them: below a member only their names. Bound when it is made, as mask_headers is.
create or replace function prikke.veil_headers(p_headers jsonb, p_hides boolean)
returns jsonb
language sql
immutable parallel safe
return (
  case
    when p_hides and jsonb_typeof(p_headers) = 'object' then (
      select coalesce(jsonb_object_agg(h.key, text '••••••'), '{}')
      from jsonb_each(p_headers) as h)
    else p_headers
  end
);

comment on function prikke.veil_headers is 'Headers, with every value replaced by •••••• where hides_headers says so.';
