-- Invitations that wait for the person who acts.
create or replace function prikke.list_my_invitations()
returns table (id uuid, organization text, role text, invited_by text, created_at timestamptz, expires_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select i.id, o.name, i.role,
    coalesce((select b.email from prikke.app_user as b where b.id = case when i.invited_by like 'user:%' then substr(i.invited_by, 6)::uuid end), i.invited_by), i.created_at, i.expires_at
  from prikke.app_user as u
  join prikke.invitation as i on i.email = u.email
  join prikke.organization as o on o.id = i.organization_id
  where u.id = prikke.acting_user()
    and prikke.invitation_holds(i)
  order by i.created_at desc, i.id
$$;

comment on function prikke.list_my_invitations is 'Invitations for the address of the person who acts.';
