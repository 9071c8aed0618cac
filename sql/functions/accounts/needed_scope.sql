-- What a caller needs to be allowed for a function, as the installer read it from sql/grants.tsv: owner, admin or trigger where
-- that says so, read where bound readers may, else write. Each request asks, so what needs no more than write is left out.
create or replace function prikke.needed_scope(p_function text)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((select s.value ->> p_function from prikke.setting as s where s.name = 'scopes'), 'write')
$$;

comment on function prikke.needed_scope is 'The scope that a function asks for: read, trigger, write, admin or owner.';
