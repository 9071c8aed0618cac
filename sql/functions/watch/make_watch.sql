-- Makes a watch with the rights of the caller, who must own the table: our part writes it down and says which statements
-- make its function, view and triggers; the caller executes them.
create or replace function prikke.make_watch(
  p_action text,
  p_watched regclass,
  p_events text[],
  p_url text,
  p_payload text,
  p_condition text,
  p_ordering_key text,
  p_ref text,
  p_method text,
  p_headers jsonb,
  p_queue text,
  p_priority integer,
  p_timeout_ms integer,
  p_max_attempts integer,
  p_backoff interval,
  p_expected_status text,
  p_expected_body text,
  p_key text,
  p_strict boolean
)
returns prikke.watch
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_former uuid := prikke.find_watch(p_key);
  v_watch prikke.watch;
  v_table pg_class;
  v_expression record;
  v_rows bigint;
  v_wrong jsonb := '{}';
  v_id uuid;
  v_statement text;
begin
  select c.*
  into v_table
  from pg_class as c
  where c.oid = p_watched;
  if found and not pg_has_role(current_user, v_table.relowner, 'usage') then
    raise exception 'table % belongs to %', p_watched, pg_get_userbyid(v_table.relowner)
      using errcode = 'PK403', column = 'watched', hint = 'Only its owner can watch a table.';
  end if;

  -- Each expression is tried on no rows, so that a wrong one is refused by name now and not noticed later.
  for v_expression in
    select e.*
    from (values
      ('payload', p_payload, 'jsonb'), ('condition', p_condition, 'boolean'), ('ordering_key', p_ordering_key, 'text'), ('ref', p_ref, 'text')
    ) as e (field, expression, type)
    where e.expression is not null
      and v_table.relkind in ('r', 'p')
  loop
    begin
      execute format(
        'select from (select text ''INSERT'' as tg_op, name ''t'' as tg_table_name, name ''s'' as tg_table_schema) as prikke'
        ' cross join lateral (select (%s%s)::%s from %s as new cross join %s as old where false) as x',
        v_expression.expression, chr(10), v_expression.type, p_watched, p_watched);
      get diagnostics v_rows = row_count;
      if v_rows > 0 then
        v_wrong := v_wrong || jsonb_build_object(v_expression.field, 'must be about one row, so without aggregates');
      end if;
    exception when others then
      if left(sqlstate, 2) in ('40', '53', '55', '57', '58', 'XX') then
        raise;
      end if;
      v_wrong := v_wrong || jsonb_build_object(v_expression.field, sqlerrm);
    end;
  end loop;

  if v_former is not null then
    perform prikke.unwatch(v_former);
  end if;
  select p.id
  into v_id
  from prikke.plan_watch(
    p_action, p_watched, p_events, p_url, p_payload, p_condition, p_ordering_key, p_ref, p_method, p_headers, p_queue, p_priority, p_timeout_ms,
    p_max_attempts, p_backoff, p_expected_status, p_expected_body, p_key, p_strict, v_wrong) as p;
  begin
    foreach v_statement in array prikke.watch_statements(v_id) loop
      execute v_statement;
    end loop;
  exception when insufficient_privilege then
    raise exception 'role % may not make the function and the view of a watch: %', current_user, sqlerrm
      using errcode = 'PK403', column = 'watched',
        hint = format('It needs: grant create on schema %I to %I;', (select n.nspname from pg_namespace as n where n.oid = v_table.relnamespace), pg_get_userbyid(v_table.relowner));
  end;

  select w.*
  into v_watch
  from prikke.list_watches() as w
  where w.id = v_id;
  return v_watch;
end
$$;

comment on function prikke.make_watch is 'Makes the function, view and triggers of a watch in the name of the caller.';
