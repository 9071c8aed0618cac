-- Starts a job's schedule again, planned from now.
create or replace function prikke.resume_job(id uuid)
returns prikke.job
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job prikke.job_definition := prikke.own_job(resume_job.id);
begin
  perform prikke.require_role('member');
  if v_job.enabled then
    return prikke.get_job(v_job.id);
  end if;
  v_job.enabled := true;
  v_job.paused_by := null;
  v_job.pause_reason := null;
  v_job.paused_at := null;
  return prikke.write_job(v_job);
end
$$;

comment on function prikke.resume_job is 'Enables a job again; its next run is planned from now. Example: select next_run_at from prikke.resume_job(id => ''0198…'');';
