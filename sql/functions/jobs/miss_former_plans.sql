-- A change of plan that came before the tick leaves due times of former plans undecided: they join the series of missed
-- ones, reason plan_changed, so that none vanishes. The versions of the job tell what was planned when; a plan ends where
-- a later one begins. At most 10,000 a call; next_run_at of the answer is the first one still undecided, null when none is
-- left.
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
    select p.settings, p.created_at, p.ends_at
    from (
      select b.version, b.settings, b.created_at,
        min(b.created_at) over (order by b.version rows between 1 following and unbounded following) as ends_at
      from (
        select v.version, v.settings, v.created_at,
          x.plan is distinct from lag(x.plan) over (order by v.version) as begins_plan
        from prikke.job_version as v
        cross join lateral (
          select jsonb_build_array(
            v.settings -> 'schedule_type', v.settings -> 'cron', v.settings -> 'every', v.settings -> 'scheduled_at',
            v.settings -> 'timezone', v.settings -> 'enabled', v.settings -> 'deleted_at') as plan
        ) as x
        where v.organization_id = p_job.organization_id
          and v.job_id = p_job.id
      ) as b
      where b.begins_plan
    ) as p
    where p.ends_at > p.created_at
      and p.ends_at > coalesce(p_state.last_due_at, '-infinity')
    order by p.version
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
