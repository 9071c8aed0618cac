-- The sealed signing secrets of the caller's organization, newest first, for a process with the keyring to show; one without
-- a sealed value is a wish for it to grant. Who sees them can sign in our name: admins, and of people those who have just
-- signed in.
create or replace function prikke.reveal_signing_secrets()
returns table (organization_id uuid, id uuid, sealed bytea, keyring_id text, created_at timestamptz, expires_at timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform prikke.require_role('admin');
  perform prikke.require_recent_sign_in();
  return query
    select s.organization_id, s.id, s.sealed, s.keyring_id, s.created_at, s.expires_at
    from prikke.read_signing_secrets(array[prikke.current_organization()]) as s;
end
$$;

comment on function prikke.reveal_signing_secrets is 'Living signing secrets of this organization, sealed, newest first; REST, page and command open them. Example: select id, expires_at from prikke.reveal_signing_secrets();';
