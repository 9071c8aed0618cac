-- Pauses a queue: nothing of it starts, nothing is lost, and the time of the pause counts as no lateness.
create or replace function prikke.pause_queue(name text, reason text default null)
returns prikke.queue
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_organization_id constant uuid := prikke.current_organization();
  v_queue prikke.queue;
begin
  perform prikke.require_role('member');
  v_queue.name := pause_queue.name;
  perform prikke.refuse(prikke.queue_problems(v_queue));
  insert into prikke.queue as q (organization_id, name, paused, paused_by, pause_reason, paused_at, created_at, updated_at)
  values (v_organization_id, pause_queue.name, true, prikke.current_actor(), left(pause_queue.reason, 200), v_now, v_now, v_now)
  on conflict on constraint queue_pkey do update
  set paused = true,
      paused_by = excluded.paused_by,
      pause_reason = excluded.pause_reason,
      paused_at = excluded.paused_at,
      updated_at = excluded.updated_at
  where not q.paused;
  select q.*
  into v_queue
  from prikke.queue as q
  where q.organization_id = v_organization_id
    and q.name = pause_queue.name;
  return v_queue;
end
$$;

comment on function prikke.pause_queue is 'Pauses a queue, with who and why. Example: select paused, paused_by from prikke.pause_queue(name => ''mail'', reason => ''provider is down'');';
