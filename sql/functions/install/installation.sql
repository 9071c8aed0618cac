create or replace function prikke.installation()
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(s.name, s.value), '{}')
  from prikke.setting as s
  where s.name not in ('grants', 'scopes', 'files')
$$;

comment on function prikke.installation is
  'The release, role mode, limits and other published settings of this database.';
