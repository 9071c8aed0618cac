-- The person who acts leaves; the last owner cannot.
create or replace function prikke.leave_organization()
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id constant uuid := prikke.acting_user();
begin
  perform prikke.write_member(v_user_id, null);
  return v_user_id;
end
$$;

comment on function prikke.leave_organization is 'Ends the membership of the person who acts. Example: select prikke.leave_organization();';
