-- Ends a snooze or a maintenance window before its time, or takes one back.
create or replace function prikke.delete_maintenance(id uuid)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
begin
  perform prikke.require_role('member');
  delete from prikke.mute as m
  where m.organization_id = v_organization_id
    and m.id = delete_maintenance.id;
  if not found then
    raise exception 'window % does not exist', delete_maintenance.id using errcode = 'PK404', column = 'id';
  end if;
  return delete_maintenance.id;
end
$$;

comment on function prikke.delete_maintenance is 'Ends a snooze or maintenance window. Example: select prikke.delete_maintenance(id => ''0198…'');';
