-- Sends one ended execution again, at once: with its job's present request, or as it was sent then. A send has a request of
-- its own and is sent as it was.
create or replace function prikke.replay_execution(id uuid, as_sent boolean default false)
returns prikke.execution
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_execution constant prikke.execution := prikke.get_execution(replay_execution.id);
  v_replay record;
begin
  perform prikke.require_role('member');
  if v_execution.status in ('pending', 'running') then
    raise exception 'execution % has not ended: %', v_execution.id, v_execution.status
      using errcode = 'PK409', column = 'id', hint = 'Only what is over can be sent again.';
  end if;
  if v_execution.kind in ('notification', 'test') then
    raise exception 'execution % is a %, which is not sent again', v_execution.id, v_execution.kind
      using errcode = 'PK409', column = 'id', hint = 'Send a test from its channel instead.';
  end if;
  select r.*
  into v_replay
  from prikke.queue_replays(
    array[v_execution.id], null, null, null, null, null, null, null, null, coalesce(replay_execution.as_sent, false), null, interval '0', false) as r;
  if v_replay.matched = 0 then
    raise exception 'execution % is being cancelled', v_execution.id
      using errcode = 'PK409', column = 'id', hint = 'Try again in a second.';
  elsif v_replay.queued = 0 and replay_execution.as_sent then
    raise exception 'what execution % sent is no longer kept', v_execution.id
      using errcode = 'PK409', column = 'id', hint = 'Without as_sent its job''s present request is sent.';
  elsif v_replay.queued = 0 then
    raise exception 'the job of execution % is deleted', v_execution.id
      using errcode = 'PK409', column = 'id', hint = 'Restore the job, or send what was sent then: as_sent => true.';
  end if;
  return prikke.get_execution(v_replay.last_id);
end
$$;

comment on function prikke.replay_execution is
  'Sends an ended execution again: with its job''s present request, or the old one if as_sent. Example: select id, status, replay_of from prikke.replay_execution(id => ''0198…'');';
