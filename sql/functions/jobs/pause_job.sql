-- Stops a job's schedule; what is already queued still goes. Pausing is not downtime: nothing is caught up at resume.
create or replace function prikke.pause_job(id uuid, reason text default null)
returns prikke.job
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job prikke.job_definition := prikke.own_job(pause_job.id);
begin
  perform prikke.require_role('member');
  if not v_job.enabled then
    return prikke.get_job(v_job.id);
  end if;
  v_job.enabled := false;
  v_job.paused_by := prikke.current_actor();
  v_job.pause_reason := left(pause_job.reason, 200);
  v_job.paused_at := prikke.clock();
  return prikke.write_job(v_job);
end
$$;

comment on function prikke.pause_job is
  'Disables a job, with who and why. Example: select enabled, paused_by from prikke.pause_job(id => ''0198…'', reason => ''maintenance'');';
