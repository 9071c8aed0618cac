-- Runs a job once, now, whether enabled or not. It waits for a run that is still going, unless the job's overlap is allow.
create or replace function prikke.run_now(id uuid)
returns prikke.execution
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_id constant uuid := prikke.new_id(v_now);
  v_job prikke.job_definition;
begin
  perform prikke.require_role('member', 'trigger');
  select d.*
  into v_job
  from prikke.job_definition as d
  where d.organization_id = v_organization_id
    and d.id = run_now.id
    and d.deleted_at is null;
  if not found then
    raise exception 'job % does not exist', run_now.id using errcode = 'PK404', column = 'id';
  end if;
  insert into prikke.live_execution (
    organization_id, id, job_id, job_version, kind, ready, queue, priority, interval_class, scheduled_for, due_at,
    max_attempts, backoff, exclusive, ordering_key, host, hop, created_at)
  values (
    v_organization_id, v_id, v_job.id, v_job.version, 'manual', true, v_job.queue, v_job.priority,
    least(coalesce(v_job.interval_minutes, 0), 32767), v_now, v_now, v_job.max_attempts, v_job.backoff, v_job.overlap <> 'allow', v_job.ordering_key, v_job.host, prikke.current_hop(), v_now);
  perform prikke.wake_runners(v_now);
  return prikke.get_execution(v_id);
end
$$;

comment on function prikke.run_now is 'Queues one run of a job, now; returns the execution. Example: select id, status from prikke.run_now(id => ''0198…'');';
