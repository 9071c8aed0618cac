-- Ends a watch with the rights of the caller, who must own its table. What was queued already stays.
create or replace function prikke.unwatch(id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_statement text;
begin
  foreach v_statement in array prikke.forget_watch(unwatch.id) loop
    execute v_statement;
  end loop;
exception when insufficient_privilege then
  raise exception 'role % may not drop the triggers of watch %: %', current_user, unwatch.id, sqlerrm
    using errcode = 'PK403', column = 'id', hint = 'The owner of the table can.';
end
$$;

create or replace function prikke.unwatch(key text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_id uuid := prikke.find_watch(unwatch.key);
begin
  if v_id is null then
    raise exception 'no watch has the key "%"', unwatch.key using errcode = 'PK404', column = 'key';
  end if;
  perform prikke.unwatch(v_id);
end
$$;

comment on function prikke.unwatch(uuid) is
  'Ends a watch: drops its triggers, function and view. What is queued stays. Example: select prikke.unwatch(id => ''0198c0de-0000-7000-8000-000000000000'');';
comment on function prikke.unwatch(text) is 'Ends the watch with a key. Example: select prikke.unwatch(key => ''orders'');';
