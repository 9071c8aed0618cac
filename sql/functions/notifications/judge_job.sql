-- What outcomes of a job, in their order, make of its health: whether it begins to fail by its rules, or recovers. Hooks of
-- the job are queued on the way. Called by fold_outcomes alone, one at a time.
create or replace function prikke.judge_job(
  p_organization_id uuid,
  p_job_id uuid,
  p_before integer,
  p_executions uuid[],
  p_failed boolean[],
  p_finished timestamptz[]
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job prikke.job_definition;
  v_health prikke.job_health;
  v_rules jsonb;
  v_after integer;
  v_of integer;
  v_in_a_row integer := p_before;
  v_failures integer;
  v_since timestamptz;
  v_last_failed integer;
begin
  select d.*
  into v_job
  from prikke.job_definition as d
  where d.organization_id = p_organization_id
    and d.id = p_job_id
    and d.deleted_at is null;
  if not found then
    return;
  end if;
  select h.*
  into v_health
  from prikke.job_health as h
  where h.organization_id = p_organization_id
    and h.job_id = p_job_id;
  v_rules := prikke.effective_rules(p_organization_id, null, v_job.notify);
  -- Rules may be older than what is checked of them today.
  v_after := coalesce(case when v_rules ->> 'after' ~ '^\d{1,2}$' then (v_rules ->> 'after')::integer end, case when coalesce(v_job.interval_minutes, 1440) >= 1440 then 1 else 3 end);
  v_of := case when v_rules ->> 'of' ~ '^\d{1,2}$' then (v_rules ->> 'of')::integer end;
  v_health.recent := coalesce(v_health.recent, (1::bigint << least(p_before, 62)) - 1);
  v_since := v_health.failing_since;

  for v_number in 1 .. cardinality(p_failed) loop
    v_health.recent := ((v_health.recent << 1) & 9223372036854775807) | p_failed[v_number]::integer;
    if p_failed[v_number] then
      v_in_a_row := v_in_a_row + 1;
      v_last_failed := v_number;
      perform prikke.queue_hook(v_job, p_executions[v_number], p_finished[v_number], 'failure', v_job.on_failure_url);
    else
      perform prikke.queue_hook(v_job, p_executions[v_number], p_finished[v_number], 'success', v_job.on_success_url);
      if v_in_a_row > 0 then
        perform prikke.queue_hook(v_job, p_executions[v_number], p_finished[v_number], 'recovery', v_job.on_recovery_url);
      end if;
      v_in_a_row := 0;
    end if;
    v_failures := length(replace((v_health.recent & ((1::bigint << coalesce(v_of, 50)) - 1))::bit(64)::text, '0', ''));
    if v_since is null and (case when v_of is null then v_in_a_row else v_failures end) >= v_after then
      v_since := p_finished[v_number];
    elsif v_since is not null and v_in_a_row = 0 and (v_of is null or v_failures < v_after) then
      v_since := null;
    end if;
  end loop;

  if v_since is not null and v_health.failing_since is null then
    perform prikke.note_transition(
      p_organization_id, 'failing', p_job_id, v_job.host, p_executions[v_last_failed],
      prikke.failure_detail(p_organization_id, p_executions[v_last_failed], p_finished[v_last_failed])
      || jsonb_build_object('failures', case when v_of is null then v_in_a_row else v_failures end, 'of', v_of));
  elsif v_since is null and v_health.failing_since is not null then
    perform prikke.note_transition(
      p_organization_id, 'recovered', p_job_id, v_job.host, p_executions[cardinality(p_executions)],
      jsonb_build_object('since', v_health.failing_since));
  end if;

  if v_since is null and v_in_a_row = 0 and (v_of is null or v_failures = 0) then
    delete from prikke.job_health as h
    where h.organization_id = p_organization_id
      and h.job_id = p_job_id;
  else
    insert into prikke.job_health as h (organization_id, job_id, recent, failing_since)
    values (p_organization_id, p_job_id, v_health.recent, v_since)
    on conflict (organization_id, job_id) do update
    set recent = excluded.recent,
        failing_since = excluded.failing_since;
  end if;
end
$$;

comment on function prikke.judge_job is 'Learns from outcomes of a job whether it fails by its rules or has recovered, and queues its hooks.';
