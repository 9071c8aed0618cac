-- Tries the transaction lock under which an ordering key or a job's overlap is looked at. Never waits.
create or replace function prikke.try_key(p_organization_id uuid, p_held_by text, p_key text)
returns boolean
language sql
volatile
as $$
  select pg_try_advisory_xact_lock(1886546795, hashtext(p_organization_id::text || ':' || p_held_by || ':' || p_key))
$$;

comment on function prikke.try_key is 'Whether this transaction may look at a key now; two-integer locks, so as not to meet the caller''s own.';
