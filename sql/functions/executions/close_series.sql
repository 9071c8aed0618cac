-- Ends the open series of due times that were not sent: it becomes one row of history.
create or replace function prikke.close_series(p_state prikke.job_state)
returns prikke.job_state
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
begin
  if p_state.series_status is null then
    return p_state;
  end if;
  insert into prikke.past_execution (
    organization_id, id, position, job_id, job_version, kind, status, queue, priority, scheduled_for, last_due_at, due_count, due_at,
    created_at, finished_at, attempt, max_attempts, lost, claim_number, reason)
  select p_state.organization_id, prikke.scheduled_id(p_state.job_id, p_state.series_first_at), 0, p_state.job_id, d.version, 'schedule',
    p_state.series_status, d.queue, d.priority, p_state.series_first_at, p_state.series_last_at, p_state.series_count, p_state.series_first_at,
    v_now, v_now, 0, d.max_attempts, 0, 0, p_state.series_reason
  from prikke.job_definition as d
  where d.organization_id = p_state.organization_id
    and d.id = p_state.job_id;
  insert into prikke.tally_change (
    organization_id, quarter_hour, job_id, queue, kind, status, count, first_attempts, duration_ms, durations_ms, latenesses_ms)
  select p_state.organization_id, prikke.quarter_hour(v_now), p_state.job_id, d.queue, 'schedule', p_state.series_status, p_state.series_count, 0, 0, '{}', '{}'
  from prikke.job_definition as d
  where d.organization_id = p_state.organization_id
    and d.id = p_state.job_id;
  p_state.series_status := null;
  p_state.series_reason := null;
  p_state.series_first_at := null;
  p_state.series_last_at := null;
  p_state.series_count := null;
  return p_state;
end
$$;

comment on function prikke.close_series is 'Appends the open series of a job to history; answers the state without it.';
