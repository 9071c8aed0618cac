-- Somebody has seen that a job fails: no more reminders until it recovers and fails anew.
create or replace function prikke.acknowledge(job_id uuid, reason text default null)
returns prikke.shown_mute
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform prikke.require_role('member');
  return prikke.make_mute('acknowledge', job_id, prikke.clock(), prikke.clock() + interval '400 days', reason);
end
$$;

comment on function prikke.acknowledge is 'Ends the reminders of a job''s present failure. Example: select id from prikke.acknowledge(job_id => ''0198…'');';
