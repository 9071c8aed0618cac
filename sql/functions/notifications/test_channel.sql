-- Sends a notification that says it is a test, now, switched on or not. Each address of mail counts as one.
create or replace function prikke.test_channel(id uuid)
returns prikke.execution
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_most constant bigint := prikke.limit_value('channel_tests_per_hour', 50);
  v_channel prikke.channel;
  v_execution_id uuid;
begin
  perform prikke.require_role('admin');
  select c.*
  into v_channel
  from prikke.channel as c
  where c.organization_id = v_organization_id
    and c.id = test_channel.id;
  if not found then
    raise exception 'channel % does not exist', test_channel.id using errcode = 'PK404', column = 'id';
  end if;
  -- Each may be a mail to somebody who did not ask for it.
  if (
    select count(*)
    from prikke.notification as n
    where n.organization_id = v_organization_id
      and n.items = 0
      and n.made_at > v_now - interval '1 hour') >= v_most
  then
    raise exception 'an organization tests its channels at most % times an hour', v_most
      using errcode = 'PK429', constraint = 'too_many_tests', hint = 'Try again later.',
        detail = jsonb_build_object('retry_after_ms', 3600000, 'limit', v_most)::text;
  end if;
  if prikke.queue_notification(v_channel, jsonb_build_object(
    'total', 0, 'test', true, 'counts', jsonb_build_object(), 'items', jsonb_build_array(), 'by', prikke.current_actor())) = 0
  then
    raise exception 'nobody owns this organization, so there is no address' using errcode = 'PK409', constraint = 'no_recipient', hint = 'Set an address of mail, or make somebody an owner.';
  end if;
  select n.execution_id
  into strict v_execution_id
  from prikke.notification as n
  where n.organization_id = v_organization_id
    and n.channel_id = test_channel.id
  order by n.execution_id desc
  limit 1;
  return prikke.get_execution(v_execution_id);
end
$$;

comment on function prikke.test_channel is 'Sends a test to a channel; returns its execution. Example: select status from prikke.test_channel(id => ''0198…'');';
