-- The only place that decides whose data a caller sees. Inside a definer function current_user is the owner, so the
-- caller is the role it set, else the login. A binding always wins, that of the login first, so that no
-- role it may become leads elsewhere; the setting is believed only from the web role,
-- the database owner and superusers.
create or replace function prikke.current_organization()
returns uuid
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_role name := coalesce(nullif(current_setting('role'), 'none'), session_user);
  v_organization_id uuid;
begin
  -- In one expression and with the usual answers first, since every statement and every row that is written asks.
  v_organization_id := coalesce(
    (select b.organization_id from prikke.binding as b where b.role_name = session_user),
    (select b.organization_id from prikke.binding as b where b.role_name = v_role),
    case
      when v_role = 'prikke_web' or pg_has_role(v_role, 'pg_database_owner', 'usage') or prikke.may_choose(v_role)
      then nullif(current_setting('prikke.organization', true), '')::uuid
    end);
  if v_organization_id is not null then
    return v_organization_id;
  end if;

  if coalesce(current_setting('prikke.organization', true), '') = '' then
    raise exception 'no organization is chosen'
      using errcode = 'PK400', hint = 'Choose one first: select prikke.use_organization(''default'');';
  end if;
  raise exception 'role % may not choose an organization', v_role
    using errcode = 'PK403',
      hint = 'The database owner can bind it to one: select prikke.grant_access(role, organization);';
end
$$;

comment on function prikke.current_organization is
  'The caller''s organization: its binding, else the setting prikke.organization where the caller may choose. Every tenant policy asks this.';
