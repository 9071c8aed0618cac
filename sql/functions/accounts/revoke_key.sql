-- Ends a key at once: the next request with it is refused.
create or replace function prikke.revoke_key(id uuid)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
begin
  perform prikke.require_role('admin');
  update prikke.api_key as k
  set revoked_at = prikke.clock()
  where k.organization_id = v_organization_id
    and k.id = revoke_key.id
    and k.revoked_at is null;
  if not found then
    raise exception 'key % does not exist', revoke_key.id using errcode = 'PK404', column = 'id';
  end if;
  return revoke_key.id;
end
$$;

comment on function prikke.revoke_key is 'Revokes a key at once. Example: select prikke.revoke_key(id => ''0198…'');';
