-- The caller's watch that has a key.
create or replace function prikke.find_watch(p_key text)
returns uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select w.id
  from prikke.watch_definition as w
  where w.organization_id = prikke.current_organization()
    and w.key = p_key
$$;

comment on function prikke.find_watch is 'Id of the caller''s watch with a key; null when there is none.';
