-- A UUID of version 7 (RFC 9562): milliseconds of the instant first, the rest random. PostgreSQL 15 has no uuidv7().
-- random() is seeded strongly for each connection and costs a tenth of gen_random_uuid() where the server was built
-- without OpenSSL; nothing rests on ids being hard to guess.
create or replace function prikke.new_id(p_at timestamptz)
returns uuid
language sql
volatile parallel restricted
as $$
  select encode(
    int8send(floor(date_part('epoch', p_at) * 1000)::bigint << 16 | 28672 | floor(random() * 4096)::bigint)
    || int8send((-9223372036854775808)::bigint | (floor(random() * 2147483648)::bigint << 31) | floor(random() * 2147483648)::bigint),
    'hex')::uuid
$$;

comment on function prikke.new_id is 'A UUID of version 7 whose time part is the given instant.';
