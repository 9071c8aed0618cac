-- Signs the person who acts out somewhere, at once.
create or replace function prikke.revoke_session(id uuid)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id constant uuid := prikke.acting_user();
begin
  delete from prikke.session as s
  where s.id = revoke_session.id
    and s.user_id = v_user_id;
  if not found then
    raise exception 'session % does not exist', revoke_session.id using errcode = 'PK404', column = 'id';
  end if;
  return revoke_session.id;
end
$$;

comment on function prikke.revoke_session is 'Ends a session of the person who acts: signing out, here or elsewhere.';
