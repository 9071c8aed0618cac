-- The sealed named secrets of organizations.
create or replace function prikke.read_secrets(p_organizations uuid[])
returns table (organization_id uuid, name text, sealed bytea, keyring_id text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.organization_id, s.name, s.sealed, s.keyring_id
  from prikke.secret as s
  where s.organization_id = any (p_organizations)
  order by s.organization_id, s.name
$$;

comment on function prikke.read_secrets is 'Named secrets of organizations, sealed. For processes that have the keyring.';
