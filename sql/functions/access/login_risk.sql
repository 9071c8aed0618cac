-- Why a role cannot be bound to one organization: rights by which it could step out. Null when there is none.
create or replace function prikke.login_risk(p_role name, p_organization_id uuid)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when r.rolsuper then 'is a superuser'
    when r.rolbypassrls then 'passes row-level security (BYPASSRLS)'
    when r.rolcreaterole then 'may make roles (CREATEROLE), so it could make itself a member of ours'
    when r.rolreplication then 'may read all that is written (REPLICATION)'
    else 'is a member of ' || (
      select min(m.rolname)
      from pg_roles as m
      where m.oid <> r.oid
        and (m.rolname ~ '^prikke_'
          or m.rolname in ('pg_database_owner', 'pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
          or m.oid = (select n.nspowner from pg_namespace as n where n.nspname = 'prikke')
          or exists (
            select
            from prikke.binding as b
            where b.role_name = m.rolname
              and b.organization_id <> p_organization_id))
        and pg_has_role(r.oid, m.oid, 'member'))
  end
  from pg_roles as r
  where r.rolname = p_role
$$;

comment on function prikke.login_risk is 'The right of a role that would make a binding worthless; null: none.';
