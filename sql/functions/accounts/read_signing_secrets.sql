-- The sealed signing secrets of organizations, newest first; one without a sealed value is a wish for the caller to grant.
create or replace function prikke.read_signing_secrets(p_organizations uuid[])
returns table (organization_id uuid, id uuid, sealed bytea, keyring_id text, created_at timestamptz, expires_at timestamptz, secrets_changed_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.organization_id, s.id, s.sealed, s.keyring_id, s.created_at, s.expires_at, o.secrets_changed_at
  from prikke.signing_secret as s
  join prikke.organization as o on o.id = s.organization_id
  where s.organization_id = any (p_organizations)
    and (s.expires_at is null or s.expires_at > prikke.clock())
  order by s.organization_id, s.created_at desc, s.id
$$;

comment on function prikke.read_signing_secrets is 'Living signing secrets of organizations, sealed, newest first. For processes that have the keyring.';
