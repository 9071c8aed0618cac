-- Forgets the binding of a login.
create or replace function prikke.unbind_login(p_role name)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from prikke.binding as b
  where b.role_name = p_role;
  return found;
end
$$;

comment on function prikke.unbind_login is 'Removes the binding of a login; false if there was none.';
