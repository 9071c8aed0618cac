-- The names of this organization's secrets. Values are shown at no door.
create or replace function prikke.list_secrets()
returns setof prikke.shown_secret
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.name, s.created_at, s.updated_at
  from prikke.secret as s
  where s.organization_id = prikke.current_organization()
  order by s.name
$$;

comment on function prikke.list_secrets is 'Names of secrets, and when each was set; never a value. Example: select name, updated_at from prikke.list_secrets();';
