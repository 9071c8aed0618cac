-- Lets a person in for one page, and tells what the frame around every page shows. The organization is the one named, where
-- the person belongs there; else the first by name, and none for somebody who belongs nowhere.
-- The person's zone is left in prikke.timezone, for calls of the same page that count days.
create or replace function prikke.enter_page(
  p_session_hash bytea,
  p_organization text default null,
  p_function text default null,
  p_source text default null
)
returns table (
  user_id uuid, email text, timezone text, session_id uuid, signed_in_at timestamptz,
  organization_id uuid, slug text, name text, tier text, role text, organizations jsonb, invitations bigint, clock timestamptz
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_slug text;
begin
  select o.slug
  into v_slug
  from prikke.authenticate_session(p_session_hash) as s
  join prikke.member as m on m.user_id = s.user_id
  join prikke.organization as o on o.id = m.organization_id and o.deleted_at is null
  order by o.slug <> coalesce(p_organization, ''), o.name, o.id
  limit 1;
  return query
    select e.user_id, e.email, set_config('prikke.timezone', u.timezone, true), e.session_id, e.signed_in_at, e.organization_id, e.slug, e.name, e.tier, e.role,
      (select coalesce(jsonb_agg(jsonb_build_object('name', l.name, 'slug', l.slug, 'role', l.role) order by l.name, l.id), '[]')
       from prikke.list_my_organizations() as l),
      (select count(*) from prikke.list_my_invitations()),
      prikke.clock()
    from prikke.enter_session(p_session_hash, v_slug, p_function, p_source) as e
    join prikke.app_user as u on u.id = e.user_id;
end
$$;

comment on function prikke.enter_page is
  'Acts as the person of a session for one page, in the organization named or the first, and answers what the frame of a page shows. PK401, PK403.';
