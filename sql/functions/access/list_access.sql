-- The logins that are bound to organizations.
create or replace function prikke.list_access()
returns setof prikke.bound_login
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select b.*
  from prikke.bound_login as b
  order by b.role
$$;

comment on function prikke.list_access is 'The database logins bound to an organization, for the owner of the database. Example: select role, organization, access from prikke.list_access();';
