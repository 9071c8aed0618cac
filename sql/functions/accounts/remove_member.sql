-- Ends somebody's membership: admins that of members and admins, owners anybody's but the last owner's.
create or replace function prikke.remove_member(user_id uuid)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform prikke.require_role('admin');
  perform prikke.write_member(remove_member.user_id, null);
  return remove_member.user_id;
end
$$;

comment on function prikke.remove_member is 'Ends a membership at once. Example: select prikke.remove_member(user_id => ''0198…'');';
