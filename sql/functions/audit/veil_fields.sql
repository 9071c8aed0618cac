-- Fields of a thing as somebody may see them: below a member without values of headers.
create or replace function prikke.veil_fields(p_fields jsonb, p_hides boolean)
returns jsonb
language plpgsql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if not p_hides or p_fields is null or p_fields::text !~ 'headers"' then
    return p_fields;
  end if;
  return (
    select jsonb_object_agg(f.key, case when f.key ~ 'headers$' then prikke.veil_headers(f.value, true) else f.value end)
    from jsonb_each(p_fields) as f);
end
$$;

comment on function prikke.veil_fields is 'Fields of a thing, with every value of its headers replaced by •••••• where hides_headers says so.';
