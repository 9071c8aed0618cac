-- Keeps a named secret that a process with the keyring has sealed; a new value takes the place of the old one. Runners read
-- their copies again, since secrets_changed_at rises.
create or replace function prikke.store_secret(name text, sealed bytea, keyring_id text)
returns prikke.shown_secret
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_secret prikke.shown_secret;
begin
  perform prikke.require_role('admin');
  if store_secret.name is null or store_secret.name !~ '^[A-Za-z_][A-Za-z0-9_]{0,99}$' then
    perform prikke.refuse(jsonb_build_array(prikke.problem('name', 'invalid', 'must have 1 to 100 of A-Z, a-z, 0-9 and _, and not begin with a digit', 'For example "API_TOKEN".')));
  end if;
  if (select count(*) from prikke.secret as s where s.organization_id = v_organization_id and s.name <> store_secret.name) >= 1000 then
    raise exception 'an organization keeps at most 1000 secrets' using errcode = 'PK409', hint = 'Delete some first.';
  end if;
  insert into prikke.secret as s (organization_id, name, sealed, keyring_id, created_at, updated_at)
  values (v_organization_id, store_secret.name, store_secret.sealed, store_secret.keyring_id, v_now, v_now)
  on conflict (organization_id, name) do update
  set sealed = excluded.sealed,
      keyring_id = excluded.keyring_id,
      updated_at = excluded.updated_at
  returning s.name, s.created_at, s.updated_at
  into v_secret;
  update prikke.organization as o
  set secrets_changed_at = greatest(v_now, o.secrets_changed_at + interval '1 microsecond')
  where o.id = v_organization_id;
  return v_secret;
end
$$;

comment on function prikke.store_secret is 'Keeps a named secret that was sealed with the keyring. REST, page and `prikke secret set` call it.';
