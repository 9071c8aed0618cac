-- Binds a database login to one organization, to read or to write: it gets the functions and row views, no table. Runs with
-- the rights of the operator who calls it, since only those may limit a login's connections.
create or replace function prikke.grant_access(role name, organization text, access text default 'read', connection_limit integer default 10)
returns prikke.bound_login
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_login prikke.bound_login;
begin
  if prikke.setting_value('role_mode') = '"single"' then
    raise exception 'one login owns everything here, so no other can be bound to an organization'
      using errcode = 'PK409', hint = 'prikke install --print-roles shows the statements that make roles; then install again.';
  end if;
  if grant_access.access is null or grant_access.access not in ('read', 'write') then
    perform prikke.refuse(jsonb_build_array(prikke.problem('access', 'unknown', format('"%s" is no access', grant_access.access), 'read or write')));
  end if;
  if not exists (select from pg_roles as r where r.rolname = grant_access.role) then
    raise exception 'role % does not exist', grant_access.role
      using errcode = 'PK404', column = 'role', hint = format('create role %I login password …;', grant_access.role);
  end if;
  perform prikke.bind_login(grant_access.role, grant_access.organization, grant_access.access);
  perform prikke.apply_access(grant_access.role, grant_access.access);
  if grant_access.connection_limit is not null then
    begin
      execute format('alter role %I connection limit %s', grant_access.role, grant_access.connection_limit);
    exception when insufficient_privilege then
      raise warning 'you may not limit the connections of %', grant_access.role
        using hint = format('An administrator can: alter role %I connection limit %s;', grant_access.role, grant_access.connection_limit);
    end;
  end if;
  select b.*
  into v_login
  from prikke.bound_login as b
  where b.role = grant_access.role;
  return v_login;
end
$$;

comment on function prikke.grant_access is
  'Binds a database login to one organization, to read or to write, whatever settings it changes; for the owner of the database. Example: select role, organization, access from prikke.grant_access(role => ''reporting'', organization => ''default'', access => ''read'');';
