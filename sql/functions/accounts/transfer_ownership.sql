-- Makes another member an owner and the person who acts an admin.
create or replace function prikke.transfer_ownership(user_id uuid)
returns setof prikke.shown_member
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_self constant uuid := prikke.acting_user();
begin
  perform prikke.require_role('owner');
  perform prikke.require_recent_sign_in();
  if transfer_ownership.user_id = v_self then
    perform prikke.refuse(jsonb_build_array(prikke.problem('user_id', 'invalid', 'is yourself', 'Choose another member.')));
  end if;
  perform prikke.write_member(transfer_ownership.user_id, 'owner');
  perform prikke.write_member(v_self, 'admin');
  return query
    select m.*
    from prikke.list_members() as m
    where m.user_id in (transfer_ownership.user_id, v_self);
end
$$;

comment on function prikke.transfer_ownership is 'Makes another member an owner, and the owner who acts an admin. Example: select email, role from prikke.transfer_ownership(user_id => ''0198…'');';
