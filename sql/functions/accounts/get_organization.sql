-- The organization chosen.
create or replace function prikke.get_organization()
returns table (id uuid, name text, slug text, tier text, created_at timestamptz, updated_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.id, o.name, o.slug, o.tier, o.created_at, o.updated_at
  from prikke.organization as o
  where o.id = prikke.current_organization()
$$;

comment on function prikke.get_organization is 'The organization of the caller. Example: select name, slug, tier from prikke.get_organization();';
