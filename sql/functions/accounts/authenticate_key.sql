-- Whose key this is; no row for one that is unknown, wrong, revoked, expired, or of an organization that is gone. Both
-- hashes are hashed again before they are compared, so that the time it takes tells nothing of the stored one, and a key
-- that does not exist costs the same comparison.
create or replace function prikke.authenticate_key(p_public_id text, p_secret_hash bytea)
returns table (organization_id uuid, key_id uuid, scopes text[], last_used_at timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_secret_hash bytea;
begin
  select k.organization_id, k.id, k.scopes, k.last_used_at, k.secret_hash
  into organization_id, key_id, scopes, last_used_at, v_secret_hash
  from prikke.api_key as k
  join prikke.organization as o on o.id = k.organization_id and o.deleted_at is null
  where k.public_id = p_public_id
    and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > prikke.clock());
  if sha256(coalesce(v_secret_hash, '\x')) = sha256(p_secret_hash) then
    return next;
  end if;
end
$$;

comment on function prikke.authenticate_key is 'Organization, id and scopes of a key that may be used now; no row otherwise.';
