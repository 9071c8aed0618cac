-- Removes a channel; what it is still to be told goes with it.
create or replace function prikke.delete_channel(id uuid)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
begin
  perform prikke.require_role('admin');
  delete from prikke.channel as c
  where c.organization_id = v_organization_id
    and c.id = delete_channel.id;
  if not found then
    raise exception 'channel % does not exist', delete_channel.id using errcode = 'PK404', column = 'id';
  end if;
  return delete_channel.id;
end
$$;

comment on function prikke.delete_channel is 'Removes a channel. Example: select prikke.delete_channel(id => ''0198…'');';
