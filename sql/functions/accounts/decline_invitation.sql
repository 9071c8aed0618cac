-- Declines an invitation of the person who acts.
create or replace function prikke.decline_invitation(id uuid)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform prikke.answer_invitation(decline_invitation.id);
  return decline_invitation.id;
end
$$;

comment on function prikke.decline_invitation is 'Declines an invitation. Example: select prikke.decline_invitation(id => ''0198…'');';
