-- Watches a table of the caller's own: each row that an insert, update or delete changes queues one durable delivery, in the
-- transaction that changes it. The expressions see the row as `new` and `old` (a row of nulls where the event has none) and
-- tg_op; they live in a function of the table's owner beside the table and run with that role's rights and the search path
-- pg_catalog, pg_temp, so other names need their schema. Truncate is no event: it tells no rows.
create or replace function prikke.watch(
  watched regclass,
  on_events text[] default '{insert}',
  url text default null,
  payload text default $$jsonb_build_object('event', lower(tg_op), 'new', case when tg_op <> 'DELETE' then to_jsonb(new) end, 'old', case when tg_op <> 'INSERT' then to_jsonb(old) end)$$,
  condition text default null,
  ordering_key text default null,
  ref text default null,
  method text default 'POST',
  headers jsonb default null,
  queue text default 'default',
  priority integer default 0,
  timeout_ms integer default 30000,
  max_attempts integer default 5,
  backoff interval default '30 seconds',
  expected_status text default null,
  expected_body text default null,
  key text default null,
  strict boolean default false
)
returns prikke.watch
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
  return prikke.make_watch(
    'send', watched, on_events, url, payload, condition, ordering_key, ref, method, headers, queue, priority, timeout_ms,
    max_attempts, backoff, expected_status, expected_body, key, strict);
end
$$;

comment on function prikke.watch is
  'Watches a table you own: each changed row queues one delivery, set-based, in the same transaction. Expressions see the row as new and old. on_events: insert, update, delete (truncate is none: it tells no rows). With a key, a second call replaces the first. What cannot be sent never breaks the change, unless strict; list_watches tells of it. Example: select id, state from prikke.watch(''shop.orders'', on_events => ''{insert,update}'', url => ''https://example.com/orders'', payload => ''jsonb_build_object(''''id'''', new.id, ''''status'''', new.status)'', condition => ''new.status is distinct from old.status'', ordering_key => ''new.id::text'');';
