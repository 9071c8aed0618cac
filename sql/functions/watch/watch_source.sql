-- The body of the function that evaluates a watch's expressions. It is made in the name of the table's owner and runs with
-- that role's rights, never with ours; what it finds it inserts into the watch's view, whose trigger queues it. So nothing
-- of ours ever calls an expression. A range of rows that fails is halved until the broken rows are alone; after twenty of
-- them a range that fails is lost as a whole, so that a statement over many rows cannot take for ever.
create or replace function prikke.watch_source(p_watch prikke.watch_definition)
returns text
language plpgsql
as $$
declare
  c_nothing constant text := 'cross join (select x.* from (select) as z left join %s as x on false) as %s';
  v_scope text;
  v_event text;
  v_branches text := '';
begin
  foreach v_event in array p_watch.events loop
    v_scope := case v_event
      when 'insert' then
        '(select x.* from prikke_new as x offset prikke_skip limit prikke_take) as new ' || format(c_nothing, 'prikke_new', 'old')
      when 'delete' then
        '(select x.* from prikke_old as x offset prikke_skip limit prikke_take) as old ' || format(c_nothing, 'prikke_old', 'new')
      -- Both tables hold the rows in the order of their change. One that a trigger of a partition swallowed is in the old one
      -- only; then nothing says which belong together.
      else
        '(select row_number() over () as number, x as line from prikke_new as x offset prikke_skip limit prikke_take) as prikke_n'
        || ' left join (select row_number() over () as number, x as line from prikke_old as x) as prikke_o'
        || ' on prikke_o.number = prikke_n.number and (select count(*) from prikke_old) = (select count(*) from prikke_new)'
        || ' cross join lateral (select (prikke_n.line).*) as new cross join lateral (select (prikke_o.line).*) as old'
    end;
    v_branches := v_branches || format($branch$
      %s tg_op = %L then
        open prikke_rows no scroll for
        select (%s
        )::text, (%s
        )::text, (%s
        )::text
        from %s
        where (%s
        );$branch$,
      case when v_branches = '' then 'if' else 'elsif' end, upper(v_event),
      case p_watch.action when 'send' then format(E'(%s\n        )::jsonb', p_watch.payload) else 'null' end,
      coalesce(p_watch.ordering_key, 'null'), coalesce(p_watch.ref, 'null'), v_scope, coalesce(p_watch.condition, 'true'));
  end loop;

  return format($source$
#variable_conflict use_column
-- Made by prikke.watch; select prikke.unwatch(%1$L) takes it away.
declare
  prikke_skips bigint[] := '{0}';
  prikke_takes bigint[] := '{null}';
  prikke_skip bigint;
  prikke_take bigint;
  prikke_rows refcursor;
  prikke_body text;
  prikke_ordering_key text;
  prikke_ref text;
  prikke_bodies text[];
  prikke_ordering_keys text[];
  prikke_refs text[];
  prikke_count integer;
  prikke_broken integer := 0;
  prikke_lost bigint := 0;
  prikke_error text;
begin
  while cardinality(prikke_skips) > 0 loop
    prikke_skip := prikke_skips[cardinality(prikke_skips)];
    prikke_take := prikke_takes[cardinality(prikke_takes)];
    prikke_skips := trim_array(prikke_skips, 1);
    prikke_takes := trim_array(prikke_takes, 1);
    begin
      prikke_count := 0;
      prikke_bodies := '{}';
      prikke_ordering_keys := '{}';
      prikke_refs := '{}';%2$s
      end if;
      loop
        fetch prikke_rows into prikke_body, prikke_ordering_key, prikke_ref;
        exit when not found;
        prikke_bodies := prikke_bodies || prikke_body;
        prikke_ordering_keys := prikke_ordering_keys || prikke_ordering_key;
        prikke_refs := prikke_refs || prikke_ref;
        prikke_count := prikke_count + 1;
        if prikke_count = 1000 then
          insert into %3$s (bodies, ordering_keys, refs) values (prikke_bodies, prikke_ordering_keys, prikke_refs);
          prikke_count := 0;
          prikke_bodies := '{}';
          prikke_ordering_keys := '{}';
          prikke_refs := '{}';
        end if;
      end loop;
      close prikke_rows;
      prikke_rows := null;
      if prikke_count > 0 then
        insert into %3$s (bodies, ordering_keys, refs) values (prikke_bodies, prikke_ordering_keys, prikke_refs);
      end if;
    exception when others then
      if %4$s or left(sqlstate, 2) = '40' then
        raise;
      end if;
      prikke_rows := null;
      if prikke_take is null then
        if tg_op = 'DELETE' then
          prikke_take := (select count(*) from prikke_old);
        else
          prikke_take := (select count(*) from prikke_new);
        end if;
      end if;
      if prikke_take > 1 and prikke_broken < 20 then
        prikke_skips := prikke_skips || (prikke_skip + prikke_take / 2) || prikke_skip;
        prikke_takes := prikke_takes || (prikke_take - prikke_take / 2) || (prikke_take / 2);
      else
        prikke_broken := prikke_broken + 1;
        prikke_lost := prikke_lost + prikke_take;
        prikke_error := coalesce(prikke_error, format('%%s (%%s)', sqlerrm, sqlstate));
      end if;
    end;
  end loop;

  if prikke_lost > 0 then
    raise warning 'watch %1$s of table %%: %% changed rows are not sent: %%', tg_relid::regclass, prikke_lost, prikke_error
      using hint = 'The change itself is made. select * from prikke.list_watches() tells more.';
    begin
      insert into %3$s (rows_lost, error) values (prikke_lost, prikke_error);
    exception when others then
      raise warning 'watch %1$s of table %%: this could not be recorded: %%', tg_relid::regclass, sqlerrm;
    end;
  end if;
  return null;
end
$source$,
    p_watch.id, v_branches, format('%I.%I', p_watch.table_schema, p_watch.object_name), p_watch.is_strict::text);
end
$$;

comment on function prikke.watch_source is 'Source of the trigger function that evaluates a watch''s expressions with the rights of the table''s owner.';
