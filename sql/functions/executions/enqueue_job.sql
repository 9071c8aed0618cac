-- Decides the due times of one job whose state the caller has locked: after downtime, with runs still going, with a changed
-- plan, or broken. A due time that is not sent joins the open series of missed or skipped ones. At most 10,000 due times
-- are decided a call; the next tick goes on behind them. An error sets the job aside and touches nothing else.
create or replace function prikke.enqueue_job(p_organization_id uuid, p_job_id uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c_most constant integer := 10000;
  v_now constant timestamptz := prikke.clock();
  v_state prikke.job_state;
  v_job prikke.job_definition;
  v_dues timestamptz[] := '{}';
  v_due timestamptz;
  v_next timestamptz;
  v_more boolean;
  v_fate text;
  v_reason text;
  v_live integer;
  v_waiting integer;
  v_was_missing boolean;
  v_missed timestamptz[] := '{}';
  v_late_at timestamptz;
begin
  select d.*
  into v_job
  from prikke.job_definition as d
  where d.organization_id = p_organization_id
    and d.id = p_job_id;
  if exists (
    select
    from prikke.job_state as s
    where s.organization_id = p_organization_id
      and s.job_id = p_job_id
      and s.plan_version <> v_job.plan_version)
    and not prikke.plan_job(p_organization_id, p_job_id)
  then
    return;
  end if;
  select s.*
  into strict v_state
  from prikke.job_state as s
  where s.organization_id = p_organization_id
    and s.job_id = p_job_id;

  v_was_missing := v_state.series_status is not distinct from 'missed';
  if v_job.enabled and v_job.deleted_at is null then
    v_next := v_state.next_run_at;
  end if;

  while v_next <= v_now and cardinality(v_dues) < c_most + 100 loop
    v_dues := v_dues || v_next;
    v_next := prikke.next_due(v_job.schedule_type, v_job.masks, v_job.timezone, v_job.every, v_job.anchored_at, v_job.scheduled_at, v_next);
  end loop;
  v_more := coalesce(v_next <= v_now, false);
  if v_more then
    v_next := v_dues[c_most + 1];
    v_dues := v_dues[1:c_most];
  end if;

  select count(*), count(*) filter (where e.claim_number = 0)
  into v_live, v_waiting
  from prikke.live_execution as e
  where v_job.overlap <> 'allow'
    and cardinality(v_dues) > 0
    and e.organization_id = p_organization_id
    and e.job_id = p_job_id
    -- Replays spread over hours must not keep the schedule from running in between.
    and (e.kind <> 'replay' or e.claim_number > 0);

  for v_index in 1 .. cardinality(v_dues) loop
    v_due := v_dues[v_index];
    v_reason := prikke.decide_due(
      v_job.schedule_type, v_job.interval_minutes, v_job.catch_up, v_job.catch_up_window, v_job.overlap,
      v_due, v_dues[1], cardinality(v_dues) - v_index, v_more, v_now, v_live, v_waiting);
    if v_reason like 'catch_up%' then
      v_missed := v_missed || v_due;
    end if;
    v_fate := case when v_reason = 'overlap' then 'skipped' when v_reason is not null then 'missed' end;

    if v_fate is null then
      v_state := prikke.close_series(v_state);
      if v_now - v_due > greatest(prikke.catch_up_grace(v_job.interval_minutes), interval '1 minute') then
        v_late_at := coalesce(v_late_at, v_due);
      end if;
      insert into prikke.live_execution (
        organization_id, id, job_id, job_version, kind, ready, queue, priority, interval_class, scheduled_for, due_at,
        max_attempts, backoff, exclusive, ordering_key, host, created_at)
      values (
        p_organization_id, prikke.scheduled_id(p_job_id, v_due), p_job_id, v_job.version, 'schedule', true, v_job.queue, v_job.priority,
        least(coalesce(v_job.interval_minutes, 0), 32767), v_due, v_due, v_job.max_attempts, v_job.backoff, v_job.overlap <> 'allow',
        v_job.ordering_key, v_job.host, v_now)
      on conflict do nothing;
      v_live := v_live + 1;
      v_waiting := v_waiting + 1;
    elsif v_state.series_status = v_fate and v_state.series_reason = v_reason then
      v_state.series_last_at := v_due;
      v_state.series_count := v_state.series_count + 1;
    else
      v_state := prikke.close_series(v_state);
      v_state.series_status := v_fate;
      v_state.series_reason := v_reason;
      v_state.series_first_at := v_due;
      v_state.series_last_at := v_due;
      v_state.series_count := 1;
    end if;
  end loop;

  update prikke.job_state as s
  set next_run_at = v_next,
      last_due_at = greatest(s.last_due_at, v_due),
      series_status = v_state.series_status,
      series_reason = v_state.series_reason,
      series_first_at = v_state.series_first_at,
      series_last_at = v_state.series_last_at,
      series_count = v_state.series_count
  where s.organization_id = p_organization_id
    and s.job_id = p_job_id;

  -- A series is told when it begins.
  if cardinality(v_missed) > 0 and not v_was_missing then
    perform prikke.note_transition(
      p_organization_id, 'missed', p_job_id, null, null,
      jsonb_build_object('count', cardinality(v_missed), 'first_at', v_missed[1], 'last_at', v_missed[cardinality(v_missed)], 'sent_late', v_late_at is not null));
  elsif v_late_at is not null then
    perform prikke.note_transition(p_organization_id, 'late', p_job_id, null, null, jsonb_build_object('due_at', v_late_at), prikke.late_mark(p_job_id));
  end if;
exception when others then
  if prikke.is_transient_error(sqlstate) then
    raise;
  end if;
  perform prikke.note_transition(p_organization_id, 'set_aside', p_job_id, null, null, jsonb_build_object('error', left(sqlerrm, 500)));
  update prikke.job_state as s
  set next_run_at = null,
      set_aside_at = v_now,
      set_aside_error = format('%s (%s)', sqlerrm, sqlstate)
  where s.organization_id = p_organization_id
    and s.job_id = p_job_id;
end
$$;

comment on function prikke.enqueue_job is 'Decides the due times of one locked job: sent, missed or skipped; sets the job aside if it is broken.';
