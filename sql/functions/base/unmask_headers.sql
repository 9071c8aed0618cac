-- A mask that comes back from an edit means that the value stays.
create or replace function prikke.unmask_headers(p_headers jsonb, p_stored jsonb)
returns jsonb
language sql
immutable parallel safe
as $$
  select case
    when p_headers is null or jsonb_typeof(p_headers) <> 'object' or p_headers::text !~ '••••••' then p_headers
    else (
      select coalesce(jsonb_object_agg(h.key, case when h.value = '"••••••"' then coalesce(p_stored -> h.key, h.value) else h.value end), '{}')
      from jsonb_each(p_headers) as h)
  end
$$;

comment on function prikke.unmask_headers is 'Headers with each mask replaced by the stored value of that name.';
