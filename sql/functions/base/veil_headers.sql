-- Headers as somebody may see them: below a member only their names.
create or replace function prikke.veil_headers(p_headers jsonb, p_hides boolean)
returns jsonb
language plpgsql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if not p_hides or jsonb_typeof(p_headers) is distinct from 'object' then
    return p_headers;
  end if;
  return (
    select coalesce(jsonb_object_agg(h.key, text '••••••'), '{}')
    from jsonb_each(p_headers) as h);
end
$$;

comment on function prikke.veil_headers is 'Headers, with every value replaced by •••••• where hides_headers says so.';
