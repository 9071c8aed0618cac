create or replace function prikke.granted_functions(p_keyword text)
returns setof name
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select g.key::name
  from prikke.setting as s
  cross join jsonb_each(s.value) as g
  where s.name = 'grants'
    and g.value ? p_keyword
  order by g.key
$$;

comment on function prikke.granted_functions is
  'Names of the functions that sql/grants.tsv gives to a kind of role: runner, web, reader, bound_read, bound_write.';
