-- Whether a list of the operator's names an address: `10.0.0.0/8`, `10.0.0.5`, `127.0.0.1:8123`, `[::1]:8123`.
create or replace function prikke.target_listed(p_targets jsonb, p_address inet, p_port integer)
returns boolean
language sql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(bool_or(t.network::inet >>= p_address and coalesce(t.port::integer = p_port, true)), false)
  from (
    select
      coalesce(m.with_port[1], m.with_port[2], e.entry) as network,
      m.with_port[3] as port
    from jsonb_array_elements_text(coalesce(p_targets, '[]')) as e (entry)
    cross join lateral (select regexp_match(e.entry, '^(?:\[([^]]+)\]|([^:]+)):([0-9]{1,5})$')) as m (with_port)
  ) as t
$$;

comment on function prikke.target_listed is 'Whether a list of CIDR ranges and addresses, with or without a port, holds an address.';
