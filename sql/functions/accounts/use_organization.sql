-- Chooses the organization of this session, by slug. Owner and superusers only; a bound role needs none.
create or replace function prikke.use_organization(organization text)
returns prikke.organization
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_role name := coalesce(nullif(current_setting('role'), 'none'), session_user);
  v_organization prikke.organization;
begin
  if not prikke.may_choose(v_role) then
    raise exception 'role % may not choose an organization', v_role
      using errcode = 'PK403',
        hint = 'The database owner can bind it to one: select prikke.grant_access(role, organization);';
  end if;
  select o.*
  into v_organization
  from prikke.organization as o
  where o.slug = use_organization.organization
    and o.deleted_at is null;
  if not found then
    raise exception 'organization "%" does not exist', use_organization.organization
      using errcode = 'PK404', column = 'organization', hint = 'select slug from prikke.list_organizations();';
  end if;
  perform set_config('prikke.organization', v_organization.id::text, false);
  return v_organization;
end
$$;

comment on function prikke.use_organization is
  'Chooses the organization for this session, by its slug. Example: select prikke.use_organization(''default'');';
