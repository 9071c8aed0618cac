-- Takes an invitation of the person who acts away, to be accepted or declined; only its address can.
create or replace function prikke.answer_invitation(p_id uuid)
returns prikke.invitation
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id constant uuid := prikke.acting_user();
  v_invitation prikke.invitation;
begin
  delete from prikke.invitation as i
  using prikke.app_user as u
  where i.id = p_id
    and u.id = v_user_id
    and i.email = u.email
    and prikke.invitation_holds(i)
  returning i.* into v_invitation;
  if not found then
    raise exception 'invitation % does not exist, or has ended', p_id using errcode = 'PK404', column = 'id';
  end if;
  return v_invitation;
end
$$;

comment on function prikke.answer_invitation is 'Removes an invitation of the acting user and answers what it was; PK404 otherwise.';
