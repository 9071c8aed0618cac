-- The least id whose time part is an instant: ids compare like their instants.
create or replace function prikke.id_bound(p_at timestamptz)
returns uuid
language sql
immutable parallel safe
as $$
  select case
    when p_at <= '1970-01-01 00:00:00+00' then '00000000-0000-0000-0000-000000000000'::uuid
    when p_at >= '9999-01-01 00:00:00+00' then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid
    else encode(substring(int8send(floor(extract(epoch from p_at) * 1000)::bigint) from 3) || '\x00000000000000000000'::bytea, 'hex')::uuid
  end
$$;

comment on function prikke.id_bound is 'The least id of an instant, for ranges of ids by time.';
