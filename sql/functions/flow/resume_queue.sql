-- Lets a paused queue go on with what waited.
create or replace function prikke.resume_queue(name text)
returns prikke.queue
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_queue prikke.queue;
begin
  perform prikke.require_role('member');
  update prikke.queue as q
  set paused = false,
      paused_by = null,
      pause_reason = null,
      paused_at = null,
      updated_at = prikke.clock()
  where q.organization_id = v_organization_id
    and q.name = resume_queue.name
  returning q.* into v_queue;
  if not found then
    raise exception 'queue "%" has no settings and is not paused', resume_queue.name using errcode = 'PK404', column = 'name';
  end if;
  insert into prikke.freed_key (organization_id, held_by, key)
  values (v_organization_id, 'paused', v_queue.name);
  perform prikke.wake_runners('-infinity');
  return v_queue;
end
$$;

comment on function prikke.resume_queue is 'Resumes a paused queue. Example: select paused from prikke.resume_queue(name => ''mail'');';
