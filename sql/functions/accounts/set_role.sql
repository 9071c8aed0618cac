-- Gives a member another role: admins up to admin, owners any, where making and unmaking owners wants a recent sign-in.
create or replace function prikke.set_role(user_id uuid, role text)
returns prikke.shown_member
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_member prikke.shown_member;
begin
  perform prikke.require_role('admin');
  if prikke.role_rank(set_role.role) = 0 then
    perform prikke.refuse(jsonb_build_array(prikke.problem('role', 'unknown', format('"%s" is no role', set_role.role), 'viewer, member, admin or owner')));
  end if;
  perform prikke.write_member(set_role.user_id, set_role.role);
  select m.*
  into v_member
  from prikke.list_members() as m
  where m.user_id = set_role.user_id;
  return v_member;
end
$$;

comment on function prikke.set_role is 'Gives a member another role; only owners make, or unmake, owners. Example: select email, role from prikke.set_role(user_id => ''0198…'', role => ''admin'');';
