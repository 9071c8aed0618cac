-- Takes back an invitation that was not answered yet.
create or replace function prikke.withdraw_invitation(id uuid)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform prikke.require_role('admin');
  delete from prikke.invitation as i
  where i.organization_id = prikke.current_organization()
    and i.id = withdraw_invitation.id;
  if not found then
    raise exception 'invitation % does not exist', withdraw_invitation.id using errcode = 'PK404', column = 'id';
  end if;
  return withdraw_invitation.id;
end
$$;

comment on function prikke.withdraw_invitation is 'Takes back an invitation; admins and owners only. Example: select prikke.withdraw_invitation(id => ''0198…'');';
