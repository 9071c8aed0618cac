-- Ends an older signing secret before its time; the current one is ended by rotating it.
create or replace function prikke.end_signing_secret(id uuid)
returns timestamptz
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_secret prikke.signing_secret;
begin
  perform prikke.require_role('admin');
  perform prikke.require_recent_sign_in();
  select s.*
  into v_secret
  from prikke.signing_secret as s
  where s.organization_id = v_organization_id
    and s.id = end_signing_secret.id
    and (s.expires_at is null or s.expires_at > v_now)
  for update;
  if not found then
    raise exception 'signing secret % does not exist, or has ended', end_signing_secret.id using errcode = 'PK404', column = 'id';
  end if;
  if v_secret.expires_at is null then
    raise exception 'this is the current signing secret'
      using errcode = 'PK409', column = 'id', hint = 'Rotate it first; the old one can then be ended.';
  end if;
  update prikke.organization as o
  set secrets_changed_at = v_now
  where o.id = v_organization_id;
  update prikke.signing_secret as s
  set expires_at = v_now
  where s.organization_id = v_organization_id
    and s.id = v_secret.id;
  return v_now;
end
$$;

comment on function prikke.end_signing_secret is 'Ends a signing secret that was replaced, before its overlap is over. Example: select prikke.end_signing_secret(id => ''0198…'');';
