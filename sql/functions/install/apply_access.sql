-- The rights of one database login that is bound to an organization: views and functions, never
-- tables. Null access takes them away again.
create or replace function prikke.apply_access(p_role name, p_access text)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_role oid := (select r.oid from pg_roles as r where r.rolname = p_role);
  v_functions name[];
  v_statement text;
begin
  v_functions := case p_access
    when 'read' then array(select prikke.granted_functions('bound_read'))
    when 'write' then array(select prikke.granted_functions('bound_read')
      union select prikke.granted_functions('bound_write'))
    else '{}' end;
  if p_access is not null then
    execute format('grant usage on schema prikke to %I', p_role);
  end if;
  for v_statement in
    select case when p.proname = any (v_functions)
        then format('grant execute on function %s to %I', p.oid::regprocedure, p_role)
        else format('revoke execute on function %s from %I', p.oid::regprocedure, p_role) end
    from pg_proc as p
    where p.pronamespace = 'prikke'::regnamespace
      and p.proname = any (v_functions) is distinct from exists (
        select from aclexplode(p.proacl) as a where a.grantee = v_role)
    union all
    select case when p_access is not null
        then format('grant select on %s to %I', c.oid::regclass, p_role)
        else format('revoke select on %s from %I', c.oid::regclass, p_role) end
    from pg_class as c
    where c.relnamespace = 'prikke'::regnamespace
      and c.relkind = 'v'
      and c.relowner = (select r.oid from pg_roles as r where r.rolname = 'prikke_owner')
      and (p_access is not null) is distinct from exists (
        select from aclexplode(c.relacl) as a where a.grantee = v_role)
  loop
    execute v_statement;
  end loop;
  if p_access is null then
    execute format('revoke usage on schema prikke from %I', p_role);
  end if;
end
$$;

comment on function prikke.apply_access is
  'Give a bound login the rights of its access, read or write, or take them with null.';
