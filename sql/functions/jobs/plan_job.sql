-- Takes over a job's present plan; false when its state is locked just now. A plan that cannot be made sets the job aside.
create or replace function prikke.plan_job(p_organization_id uuid, p_job_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_state prikke.job_state;
  v_job prikke.job_definition;
begin
  select s.*
  into v_state
  from prikke.job_state as s
  where s.organization_id = p_organization_id
    and s.job_id = p_job_id
  for update skip locked;
  if not found then
    return not exists (
      select
      from prikke.job_state as s
      where s.organization_id = p_organization_id
        and s.job_id = p_job_id);
  end if;
  select d.*
  into v_job
  from prikke.job_definition as d
  where d.organization_id = p_organization_id
    and d.id = p_job_id;

  update prikke.job_state as s
  set plan_version = v_job.plan_version,
      next_run_at = prikke.planned_next(v_job, s.last_due_at),
      set_aside_at = null,
      set_aside_error = null
  where s.organization_id = p_organization_id
    and s.job_id = p_job_id;
  return true;
exception when others then
  if prikke.is_transient_error(sqlstate) then
    raise;
  end if;
  update prikke.job_state as s
  set plan_version = v_job.plan_version,
      next_run_at = null,
      set_aside_at = prikke.clock(),
      set_aside_error = format('%s (%s)', sqlerrm, sqlstate)
  where s.organization_id = p_organization_id
    and s.job_id = p_job_id;
  return true;
end
$$;

comment on function prikke.plan_job is 'Plans one job anew from its definition; false: locked, to be tried again.';
