-- A change of plan that came before the tick leaves due times of former plans undecided: they join the series of missed
-- ones, reason plan_changed, so that none vanishes. Each version of the job tells what was planned while it stood. At most
-- 10,000 a call; next_run_at of the answer is the first one still undecided, null when none is left.
create or replace function prikke.miss_former_plans(p_state prikke.job_state, p_job prikke.job_definition)
returns prikke.job_state
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c_most constant integer := 10000;
  v_version record;
  v_former prikke.job_definition;
  v_due timestamptz;
  v_count integer := 0;
begin
  p_state.next_run_at := null;
  if p_state.set_aside_at is not null or p_job.deleted_at is not null then
    return p_state;
  end if;
  for v_version in
    select v.settings, v.created_at, least(v.superseded_at, p_job.planned_at) as ends_at
    from prikke.job_version as v
    where v.organization_id = p_job.organization_id
      and v.job_id = p_job.id
      and v.created_at < p_job.planned_at
      and v.superseded_at > coalesce(p_state.last_due_at, '-infinity')
    order by v.version
  loop
    v_former := jsonb_populate_record(null::prikke.job_definition, v_version.settings);
    continue when not v_former.enabled or v_former.deleted_at is not null or v_former.schedule_type = 'manual';
    v_former.masks := case when v_former.cron is not null then prikke.parse_cron(v_former.cron, v_former.seed) end;
    v_former.planned_at := v_version.created_at;
    v_due := prikke.planned_next(v_former, p_state.last_due_at);
    while v_due <= v_version.ends_at loop
      if v_count = c_most then
        p_state.next_run_at := v_due;
        return p_state;
      end if;
      if p_state.series_status = 'missed' and p_state.series_reason = 'plan_changed' then
        p_state.series_last_at := v_due;
        p_state.series_count := p_state.series_count + 1;
      else
        p_state := prikke.close_series(p_state);
        p_state.series_status := 'missed';
        p_state.series_reason := 'plan_changed';
        p_state.series_first_at := v_due;
        p_state.series_last_at := v_due;
        p_state.series_count := 1;
      end if;
      p_state.last_due_at := v_due;
      v_count := v_count + 1;
      v_due := prikke.planned_next(v_former, v_due);
    end loop;
  end loop;
  return p_state;
end
$$;

comment on function prikke.miss_former_plans is 'Enters due times of former plans that no tick decided as missed; answers the job''s state.';
