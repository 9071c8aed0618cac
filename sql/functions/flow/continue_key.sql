-- Lets an ordering key go on that stopped at a failure (queue setting after_failure = stop).
create or replace function prikke.continue_key(ordering_key text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
begin
  perform prikke.require_role('member');
  delete from prikke.stopped_key as k
  where k.organization_id = v_organization_id
    and k.ordering_key = continue_key.ordering_key;
  if not found then
    return false;
  end if;
  insert into prikke.freed_key (organization_id, held_by, key)
  values (v_organization_id, 'ordering_key', continue_key.ordering_key);
  perform prikke.wake_runners('-infinity');
  return true;
end
$$;

comment on function prikke.continue_key is 'Lets a stopped ordering key go on; false if it was not stopped. Example: select prikke.continue_key(ordering_key => ''customer-42'');';
