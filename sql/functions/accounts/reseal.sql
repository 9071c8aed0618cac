-- Puts a value that was sealed anew in the place of the old one, if that is still the one that was read.
create or replace function prikke.reseal(p_kind text, p_organization_id uuid, p_name text, p_old bytea, p_sealed bytea, p_keyring_id text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_kind = 'secret' then
    update prikke.secret as s
    set sealed = p_sealed,
        keyring_id = p_keyring_id
    where s.organization_id = p_organization_id
      and s.name = p_name
      and s.sealed = p_old;
  else
    update prikke.signing_secret as s
    set sealed = p_sealed,
        keyring_id = p_keyring_id
    where s.organization_id = p_organization_id
      and s.id = p_name::uuid
      and s.sealed = p_old;
  end if;
  return found;
end
$$;

comment on function prikke.reseal is 'Replaces a sealed value by the same one under another key; false if it changed meanwhile.';
