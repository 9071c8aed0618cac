-- Whether an invitation still holds: within its seven days, and while its inviter may still give that role.
create or replace function prikke.invitation_holds(p_invitation prikke.invitation)
returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select p_invitation.expires_at > prikke.clock()
    and prikke.role_rank(prikke.actor_role(p_invitation.organization_id, p_invitation.invited_by))
      >= greatest(prikke.role_rank(p_invitation.role), prikke.role_rank('admin'))
    and exists (
      select
      from prikke.organization as o
      where o.id = p_invitation.organization_id
        and o.deleted_at is null)
$$;

comment on function prikke.invitation_holds is 'Whether an invitation can still be accepted.';
