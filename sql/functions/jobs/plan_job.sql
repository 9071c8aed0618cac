-- Takes over a job's present plan; false when its state is locked just now, or due times of former plans are still to be
-- accounted for. A plan that cannot be made sets the job aside.
create or replace function prikke.plan_job(p_organization_id uuid, p_job_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_state prikke.job_state;
  v_job prikke.job_definition;
  v_done boolean;
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

  if v_state.plan_version <> v_job.plan_version then
    v_state := prikke.miss_former_plans(v_state, v_job);
  else
    v_state.next_run_at := null;
  end if;
  v_done := v_state.next_run_at is null;
  update prikke.job_state as s
  set plan_version = case when v_done then v_job.plan_version else s.plan_version end,
      next_run_at = case when v_done then prikke.planned_next(v_job, v_state.last_due_at) else v_state.next_run_at end,
      last_due_at = v_state.last_due_at,
      series_status = v_state.series_status,
      series_reason = v_state.series_reason,
      series_first_at = v_state.series_first_at,
      series_last_at = v_state.series_last_at,
      series_count = v_state.series_count,
      set_aside_at = null,
      set_aside_error = null
  where s.organization_id = p_organization_id
    and s.job_id = p_job_id;
  return v_done;
exception when others then
  if prikke.is_transient_error(sqlstate) then
    raise;
  end if;
  perform prikke.note_transition(p_organization_id, 'set_aside', p_job_id, null, null, jsonb_build_object('error', left(sqlerrm, 500)));
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

comment on function prikke.plan_job is 'Plans one job anew from its definition; false: not done yet, to be tried again.';
