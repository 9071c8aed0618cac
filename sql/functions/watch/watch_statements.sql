-- The statements that make a watch real, for its maker to execute. What default privileges gave to others is taken away
-- again: whoever may insert into the view may queue.
create or replace function prikke.watch_statements(p_id uuid)
returns text[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_watch prikke.watch_definition;
  v_object text;
  v_statements text[];
begin
  select w.*
  into strict v_watch
  from prikke.watch_definition as w
  where w.organization_id = prikke.current_organization()
    and w.id = p_id;
  v_object := format('%I.%I', v_watch.table_schema, v_watch.object_name);
  v_statements := array[
    format('create view %s as select null::text[] as bodies, null::text[] as ordering_keys, null::text[] as refs, null::bigint as rows_lost, null::text as error where false', v_object),
    format('comment on view %s is %L', v_object, format('What a watch of %I found is inserted here. Made by prikke.watch; select prikke.unwatch(''%s'') takes it away.', v_watch.table_name, v_watch.id)),
    format('create trigger %I instead of insert on %s for each row execute function prikke.queue_watched(%L, %L)', v_watch.object_name, v_object, v_watch.organization_id, v_watch.id),
    format('create function %s() returns trigger language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as %L', v_object, prikke.watch_source(v_watch)),
    format('comment on function %s() is %L', v_object, format('Evaluates a watch of %I. Made by prikke.watch; select prikke.unwatch(''%s'') takes it away.', v_watch.table_name, v_watch.id)),
    format(
      'do %L', format(
        'declare v text; begin for v in'
        ' select format(''revoke all on %%s from %%s'', %1$L, case a.grantee when 0 then ''public'' else a.grantee::regrole::text end)'
        ' from pg_class as c cross join aclexplode(c.relacl) as a where c.oid = %1$L::regclass and a.grantee <> c.relowner'
        ' union select format(''revoke all on function %%s() from %%s'', %1$L, case a.grantee when 0 then ''public'' else a.grantee::regrole::text end)'
        ' from pg_proc as p cross join aclexplode(coalesce(p.proacl, acldefault(''f'', p.proowner))) as a where p.oid = %2$L::regprocedure and a.grantee <> p.proowner'
        ' loop execute v; end loop; end',
        v_object, v_object || '()')),
    format('alter view %s owner to %I', v_object, v_watch.owner_role),
    format('alter function %s() owner to %I', v_object, v_watch.owner_role)];
  return v_statements || array(
    select format(
      'create trigger %I after %s on %I.%I referencing %s for each statement execute function %s()',
      v_watch.object_name || '_' || e.event, e.event, v_watch.table_schema, v_watch.table_name,
      case e.event when 'insert' then 'new table as prikke_new' when 'delete' then 'old table as prikke_old' else 'old table as prikke_old new table as prikke_new' end,
      v_object)
    from unnest(v_watch.events) as e (event));
end
$$;

comment on function prikke.watch_statements is 'Statements that make the function, view and triggers of a watch.';
