-- Ties waiting sends to a row of the caller's own: when the row is deleted, what still waits of the sends with its ref is
-- cancelled. A watch like others: listed, and ended by unwatch.
create or replace function prikke.cancel_sends_on_delete(
  watched regclass,
  ref text,
  condition text default null,
  key text default null,
  strict boolean default false
)
returns prikke.watch
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
  return prikke.make_watch('cancel', watched, '{delete}', null, null, condition, null, ref, null, null, null, null, null, null, null, null, null, key, strict);
end
$$;

comment on function prikke.cancel_sends_on_delete is
  'Cancels the waiting sends of a row when the row is deleted; ref is an expression over old that gives the ref they were sent with. Example: select id, state from prikke.cancel_sends_on_delete(''shop.orders'', ref => ''''''order-'''' || old.id'');';
