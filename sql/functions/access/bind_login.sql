-- Writes down to which organization a login is bound.
create or replace function prikke.bind_login(p_role name, p_organization text, p_access text)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id uuid;
  v_present uuid;
  v_risk text;
begin
  select o.id
  into v_organization_id
  from prikke.organization as o
  where o.slug = p_organization
    and o.deleted_at is null;
  if not found then
    raise exception 'organization "%" does not exist', p_organization
      using errcode = 'PK404', column = 'organization', hint = 'select slug from prikke.list_organizations();';
  end if;
  v_risk := prikke.login_risk(p_role, v_organization_id);
  if v_risk is not null then
    raise exception 'role % %, so it would not be held to one organization', p_role, v_risk
      using errcode = 'PK409', column = 'role', hint = format('Bind a plain login: create role app login password …; or take that right away from %I.', p_role);
  end if;
  insert into prikke.binding as b (role_name, organization_id, access, created_at)
  values (p_role, v_organization_id, p_access, prikke.clock())
  on conflict (role_name) do update
  set access = excluded.access
  where b.organization_id = excluded.organization_id
  returning b.organization_id into v_present;
  if v_present is null then
    raise exception 'role % is bound to another organization', p_role
      using errcode = 'PK409', column = 'role', hint = format('select prikke.revoke_access(%L);', p_role);
  end if;
  return v_organization_id;
end
$$;

comment on function prikke.bind_login is 'Stores the binding of a login, after looking for rights that would break it.';
