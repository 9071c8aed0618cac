-- Fields of a thing as somebody may see them: below a member without values of headers.
create or replace function prikke.veil_fields(p_fields jsonb, p_hides boolean)
returns jsonb
language sql
immutable parallel safe
return (
  case
    when p_hides and p_fields::text ~ 'headers"' then (
      select jsonb_object_agg(f.key, case when f.key ~ 'headers$' then prikke.veil_headers(f.value, true) else f.value end)
      from jsonb_each(p_fields) as f)
    else p_fields
  end
);

comment on function prikke.veil_fields is 'Fields of a thing, with every value of its headers replaced by •••••• where hides_headers says so.';
