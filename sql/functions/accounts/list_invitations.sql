-- Invitations of the caller's organization that still hold.
create or replace function prikke.list_invitations()
returns setof prikke.shown_invitation
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select i.id, i.email, i.role, i.invited_by, i.created_at, i.expires_at
  from prikke.invitation as i
  where i.organization_id = prikke.current_organization()
    and prikke.invitation_holds(i)
  order by i.created_at desc, i.id
$$;

comment on function prikke.list_invitations is 'Invitations that wait for an answer. Example: select email, role, expires_at from prikke.list_invitations();';
