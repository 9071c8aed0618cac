-- A UUID of version 7 (RFC 9562): milliseconds of the instant first, the rest random. PostgreSQL 15 has no uuidv7().
create or replace function prikke.new_id(p_at timestamptz)
returns uuid
language sql
volatile parallel safe
as $$
  select encode(
    set_byte(b, 6, get_byte(b, 6) & 15 | 112),
    'hex')::uuid
  from (
    select overlay(
      uuid_send(gen_random_uuid())
      placing substring(int8send(floor(extract(epoch from p_at) * 1000)::bigint) from 3)
      from 1 for 6) as b
  ) as bytes
$$;

comment on function prikke.new_id is 'A UUID of version 7 whose time part is the given instant.';
