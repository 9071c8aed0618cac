-- Takes a watch off the list; answers the statements that drop what is left of it. Where the table is gone there is little,
-- and what another role has given the same name is not touched.
create or replace function prikke.forget_watch(p_id uuid)
returns text[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_watch prikke.watch_definition;
begin
  delete from prikke.watch_definition as w
  where w.organization_id = prikke.current_organization()
    and w.id = p_id
  returning w.* into v_watch;
  if not found then
    raise exception 'watch % does not exist', p_id using errcode = 'PK404', column = 'id';
  end if;
  return array(
    select s.statement
    from (
      select 1 as turn, format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass) as statement
      from pg_proc as p
      join pg_trigger as t on t.tgfoid = p.oid
      where p.proname = v_watch.object_name
        and p.proowner::regrole::text = quote_ident(v_watch.owner_role)
      union all
      select 2, format('drop function %s', p.oid::regprocedure)
      from pg_proc as p
      where p.proname = v_watch.object_name
        and p.proowner::regrole::text = quote_ident(v_watch.owner_role)
      union all
      select 3, format('drop view %s', c.oid::regclass)
      from pg_class as c
      where c.relname = v_watch.object_name
        and c.relkind = 'v'
        and c.relowner::regrole::text = quote_ident(v_watch.owner_role)
    ) as s
    order by s.turn);
end
$$;

comment on function prikke.forget_watch is 'Removes a watch of the caller''s organization; answers the statements that drop its objects.';
