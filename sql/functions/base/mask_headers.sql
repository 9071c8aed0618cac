-- Values of headers that carry credentials are shown to nobody. Sent back, the mask means unchanged. In a view it runs as
-- whoever reads the view, whose own operators are not found on the pinned search path. In plpgsql, since lists ask for each
-- row and a function in SQL would be started anew each time.
create or replace function prikke.mask_headers(p_headers jsonb)
returns jsonb
language plpgsql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_headers = '{}' or p_headers::text !~* 'authorization|cookie|key|token|secret' then
    return p_headers;
  end if;
  return (
    select jsonb_object_agg(
      h.key,
      case when h.key ~* 'authorization|cookie|key|token|secret' then to_jsonb(text '••••••') else h.value end)
    from jsonb_each(p_headers) as h);
end
$$;

comment on function prikke.mask_headers is 'Headers with the values of credentials replaced by ••••••.';
