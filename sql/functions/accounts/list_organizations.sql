-- The organizations of this installation, for whoever may choose one.
create or replace function prikke.list_organizations()
returns setof prikke.organization
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not prikke.may_choose(coalesce(nullif(current_setting('role'), 'none'), session_user)) then
    raise exception 'only the database owner may list the organizations' using errcode = 'PK403';
  end if;
  return query
    select o.*
    from prikke.organization as o
    where o.deleted_at is null
    order by o.slug;
end
$$;

comment on function prikke.list_organizations is 'All organizations, for the database owner. Example: select slug, name from prikke.list_organizations();';
