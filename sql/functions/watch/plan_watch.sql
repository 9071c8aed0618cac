-- Checks a watch, with what its maker found wrong with the expressions, and writes it down.
create or replace function prikke.plan_watch(
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
  p_strict boolean,
  p_wrong jsonb
)
returns prikke.watch_definition
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_maker constant name := coalesce(nullif(current_setting('role'), 'none'), session_user);
  v_watch prikke.watch_definition;
  v_problems jsonb := '[]';
  v_table record;
begin
  v_watch.organization_id := prikke.current_organization();
  if not prikke.may_watch(v_maker, v_watch.organization_id) then
    raise exception 'role % may not send for this organization', v_maker
      using errcode = 'PK403', hint = 'The database owner can let it: select prikke.grant_access(role, organization, access => ''write'');';
  end if;

  select n.nspname, c.relname, c.relkind, c.relpersistence, c.relowner::regrole::text as owner
  into v_table
  from pg_class as c
  join pg_namespace as n on n.oid = c.relnamespace
  where c.oid = p_watched;
  if v_table is null then
    v_problems := v_problems || prikke.problem('watched', 'required', 'names no table', 'For example ''shop.orders''.');
  elsif v_table.relkind not in ('r', 'p') or v_table.relpersistence = 't' then
    v_problems := v_problems || prikke.problem('watched', 'unsupported', format('%s is no table that can be watched', p_watched), 'Ordinary and partitioned tables can; views, foreign and temporary tables cannot.');
  elsif v_table.nspname in ('prikke', 'pg_catalog', 'information_schema') or v_table.owner ~ '^prikke_(owner|engine|runner|web|reader)$' then
    v_problems := v_problems || prikke.problem('watched', 'forbidden', format('%s is not a table of your own', p_watched));
  end if;

  p_events := array(select distinct lower(btrim(e.event)) from unnest(p_events) as e (event));
  if cardinality(p_events) = 0 then
    v_problems := v_problems || prikke.problem('on_events', 'required', 'names no event', 'insert, update or delete');
  elsif 'truncate' = any (p_events) then
    v_problems := v_problems || prikke.problem('on_events', 'unsupported', 'truncate is no event: it tells no rows', 'insert, update or delete');
  elsif not coalesce(p_events <@ '{insert,update,delete}', false) or array_position(p_events, null) is not null then
    v_problems := v_problems || prikke.problem('on_events', 'unknown', format('"%s" are no events', array_to_string(p_events, ', ', 'null')), 'insert, update or delete');
  end if;
  if p_strict is null then
    v_problems := v_problems || prikke.problem('strict', 'required', 'must be true or false');
  end if;
  if p_key !~ '^[A-Za-z0-9._:-]{1,100}$' then
    v_problems := v_problems || prikke.problem('key', 'invalid', 'must have 1 to 100 of A-Z, a-z, 0-9 and . _ : -');
  end if;
  if p_action = 'send' then
    if p_payload is null then
      v_problems := v_problems || prikke.problem('payload', 'required', 'is empty', 'An expression over new and old, for example ''to_jsonb(new)''.');
    end if;
    v_problems := v_problems || prikke.request_problems(p_url, p_method, p_headers, null, null)
      || prikke.delivery_problems(p_queue, p_priority, null, p_timeout_ms, p_max_attempts, p_backoff, 'response', p_expected_status, p_expected_body);
  elsif p_ref is null then
    v_problems := v_problems || prikke.problem('ref', 'required', 'is empty', 'An expression over old, for example ''old.id::text''.');
  end if;
  if char_length(concat(p_payload, p_condition, p_ordering_key, p_ref)) > 20000 then
    v_problems := v_problems || prikke.problem('payload', 'too_long', 'the expressions have more than 20,000 characters', 'Put it into a function of your own and call that.');
  end if;
  select v_problems || coalesce(jsonb_agg(prikke.problem(w.key, 'invalid', w.value, 'Columns are new.… and old.…; names outside pg_catalog need their schema.')), '[]')
  into v_problems
  from jsonb_each_text(p_wrong) as w;
  perform prikke.refuse(v_problems);

  v_watch.id := prikke.new_id(v_now);
  v_watch.key := p_key;
  v_watch.action := p_action;
  v_watch.table_schema := v_table.nspname;
  v_watch.table_name := v_table.relname;
  v_watch.object_name := 'prikke_watch_' || right(v_watch.id::text, 12);
  v_watch.owner_role := (select pg_get_userbyid(c.relowner) from pg_class as c where c.oid = p_watched);
  v_watch.made_by := v_maker;
  v_watch.events := array(select e.event from unnest(p_events) as e (event) order by array_position('{insert,update,delete}', e.event));
  v_watch.url := p_url;
  v_watch.method := p_method;
  v_watch.headers := coalesce(p_headers, '{}');
  v_watch.payload := p_payload;
  v_watch.condition := p_condition;
  v_watch.ordering_key := p_ordering_key;
  v_watch.ref := p_ref;
  v_watch.queue := p_queue;
  v_watch.priority := p_priority;
  v_watch.timeout_ms := p_timeout_ms;
  v_watch.max_attempts := p_max_attempts;
  v_watch.backoff := p_backoff;
  v_watch.expected_status := p_expected_status;
  v_watch.expected_body := p_expected_body;
  v_watch.is_strict := p_strict;
  v_watch.created_at := v_now;
  insert into prikke.watch_definition
  select v_watch.*;
  return v_watch;
exception when unique_violation then
  raise exception 'the key "%" belongs to another watch', p_key using errcode = 'PK409', column = 'key';
end
$$;

comment on function prikke.plan_watch is 'Writes a watch down after checking all of it; its maker then executes watch_statements.';
