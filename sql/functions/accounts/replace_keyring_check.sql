-- Once everything is sealed under the current key, the database knows the keyring by that key: the old one may go.
create or replace function prikke.replace_keyring_check(p_keyring_id text, p_check_value text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from prikke.list_sealed(p_keyring_id, 1)) then
    return false;
  end if;
  update prikke.setting as s
  set value = to_jsonb(p_check_value),
      updated_at = prikke.clock()
  where s.name = 'keyring_check';
  return true;
end
$$;

comment on function prikke.replace_keyring_check is 'Stores the check value of a new current key, unless something is still sealed under another; false then.';
