-- What a caller needs to be allowed for a function, as sql/grants.tsv has it: owner, admin or trigger where it says so, read where
-- bound readers may, else write.
create or replace function prikke.needed_scope(p_function text)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when g.roles ? 'owner' then 'owner'
    when g.roles ? 'admin' then 'admin'
    when g.roles ? 'trigger' then 'trigger'
    when g.roles ? 'bound_read' then 'read'
    else 'write'
  end
  from (select s.value -> p_function as roles from prikke.setting as s where s.name = 'grants') as g
$$;

comment on function prikke.needed_scope is 'The scope that a function asks for: read, trigger, write, admin or owner.';
