-- Values of headers that carry credentials are shown to nobody. Sent back, the mask means unchanged. Its body is bound when
-- it is made: in a view it runs as whoever reads the view, whose own operators must not get to see the values.
create or replace function prikke.mask_headers(p_headers jsonb)
returns jsonb
language sql
immutable parallel safe
return (
  case
    when p_headers::text !~* 'authorization|cookie|key|token|secret' then p_headers
    else (
      select jsonb_object_agg(
        h.key,
        case when h.key ~* 'authorization|cookie|key|token|secret' then to_jsonb(text '••••••') else h.value end)
      from jsonb_each(p_headers) as h)
  end
);

comment on function prikke.mask_headers is 'Headers with the values of credentials replaced by ••••••.';
