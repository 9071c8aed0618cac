-- One channel of the caller's organization.
create or replace function prikke.get_channel(id uuid)
returns prikke.shown_channel
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_channel prikke.shown_channel;
begin
  select c.*
  into v_channel
  from prikke.list_channels() as c
  where c.id = get_channel.id;
  if not found then
    raise exception 'channel % does not exist', get_channel.id using errcode = 'PK404', column = 'id';
  end if;
  return v_channel;
end
$$;

comment on function prikke.get_channel is 'One channel by its id. Example: select name, last_error from prikke.get_channel(id => ''0198…'');';
