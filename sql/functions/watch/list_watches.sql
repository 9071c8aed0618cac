-- The caller's watches, and how they are.
create or replace function prikke.list_watches()
returns setof prikke.watch
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select w.*
  from prikke.watch as w
  order by w.table_name, w.created_at, w.id
$$;

comment on function prikke.list_watches is
  'Watches with their state: active, failing, disabled, incomplete (a trigger, function or view was dropped), gone (the table was). Example: select table_name, events, url, state, rows_lost, last_error from prikke.list_watches();';
