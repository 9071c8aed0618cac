-- Where the person who acts belongs.
create or replace function prikke.list_my_organizations()
returns table (id uuid, name text, slug text, tier text, role text, joined_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.id, o.name, o.slug, o.tier, m.role, m.joined_at
  from prikke.member as m
  join prikke.organization as o on o.id = m.organization_id and o.deleted_at is null
  where m.user_id = prikke.acting_user()
  order by o.name, o.id
$$;

comment on function prikke.list_my_organizations is 'The organizations of the person who acts, with the role there.';
