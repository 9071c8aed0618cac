-- Takes a login's binding and rights away. A limit of its connections stays as it is.
create or replace function prikke.revoke_access(role name)
returns name
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if not prikke.unbind_login(revoke_access.role) then
    raise exception 'role % is bound to no organization', revoke_access.role using errcode = 'PK404', column = 'role';
  end if;
  if exists (select from pg_roles as r where r.rolname = revoke_access.role) then
    perform prikke.apply_access(revoke_access.role, null);
  end if;
  return revoke_access.role;
end
$$;

comment on function prikke.revoke_access is 'Takes away what grant_access gave. Example: select prikke.revoke_access(role => ''reporting'');';
