-- Makes a user a member without an invitation, for an operator; whoever is one already keeps their role.
create or replace function prikke.add_member(p_email text, p_role text)
returns prikke.shown_member
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_email constant text := prikke.require_email(p_email);
  v_member prikke.shown_member;
begin
  if prikke.role_rank(p_role) = 0 then
    perform prikke.refuse(jsonb_build_array(prikke.problem('role', 'unknown', format('"%s" is no role', p_role), 'viewer, member, admin or owner')));
  end if;
  insert into prikke.member (organization_id, user_id, role, joined_at)
  select v_organization_id, u.id, p_role, prikke.clock()
  from prikke.app_user as u
  where u.email = v_email
  on conflict (organization_id, user_id) do nothing;
  select m.*
  into v_member
  from prikke.list_members() as m
  where m.email = v_email;
  if not found then
    raise exception 'no user has the address "%"', v_email using errcode = 'PK404', column = 'email', hint = 'prikke user create …';
  end if;
  return v_member;
end
$$;

comment on function prikke.add_member is 'Makes a user a member of the organization chosen. For operators.';
