create or replace view prikke.bound_login as
select b.role_name as role, o.slug as organization, b.access, r.rolconnlimit as connection_limit, r.rolname is not null as login_exists, b.created_at
from prikke.binding as b
left join prikke.organization as o on o.id = b.organization_id
left join pg_catalog.pg_roles as r on r.rolname = b.role_name
order by b.role_name;

comment on view prikke.bound_login is
  'Database logins that are bound to one organization by grant_access. Example: select role, organization, access from prikke.bound_login;';
comment on column prikke.bound_login.connection_limit is 'Connections it may have at once; -1: no limit.';
comment on column prikke.bound_login.login_exists is 'False: the role was dropped; revoke_access tidies up.';
