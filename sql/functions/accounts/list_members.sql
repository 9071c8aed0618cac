-- Who belongs to the caller's organization, owners first.
create or replace function prikke.list_members()
returns setof prikke.shown_member
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select m.user_id, u.email, m.role, m.joined_at
  from prikke.member as m
  join prikke.app_user as u on u.id = m.user_id
  where m.organization_id = prikke.current_organization()
  order by prikke.role_rank(m.role) desc, u.email
$$;

comment on function prikke.list_members is 'The members of this organization: address, role, since when. Example: select email, role from prikke.list_members();';
