-- What is sealed under another key than the given one, to be sealed anew. Operators only.
create or replace function prikke.list_sealed(p_keyring_id text, p_limit integer default 1000)
returns table (kind text, organization_id uuid, name text, sealed bytea, keyring_id text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  (select 'signing_secret', s.organization_id, s.id::text, s.sealed, s.keyring_id
   from prikke.signing_secret as s
   where s.keyring_id <> p_keyring_id
   order by s.organization_id, s.id
   limit p_limit)
  union all
  (select 'secret', s.organization_id, s.name, s.sealed, s.keyring_id
   from prikke.secret as s
   where s.keyring_id <> p_keyring_id
   order by s.organization_id, s.name
   limit p_limit)
$$;

comment on function prikke.list_sealed is 'Sealed values under other keys than the given one, for `prikke secret reseal`.';
