-- Whether a login may send for an organization: bound to it to write, or free to choose. The same terms as
-- current_organization, for a login that is not the caller.
create or replace function prikke.may_watch(p_role name, p_organization_id uuid)
returns boolean
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
      select
      from prikke.organization as o
      where o.id = p_organization_id
        and o.deleted_at is null)
    and coalesce(
      (select b.organization_id = p_organization_id and b.access = 'write'
       from prikke.binding as b
       where b.role_name = p_role),
      exists (
        select
        from pg_roles as r
        where r.rolname = p_role
          and pg_has_role(r.oid, 'pg_database_owner', 'usage')))
$$;

comment on function prikke.may_watch is 'Whether a login may still send for an organization, which must still be there.';
