-- The check value of the keyring this database was sealed with. The first process stores its own; the others compare.
create or replace function prikke.check_keyring(p_check_value text)
returns text
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into prikke.setting as s (name, value)
  values ('keyring_check', to_jsonb(p_check_value))
  on conflict (name) do update
  set value = s.value
  returning s.value #>> '{}'
$$;

comment on function prikke.check_keyring is 'Answers the check value of the keyring in use, storing the given one if there is none yet.';
