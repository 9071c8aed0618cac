-- Why a job or an execution is not running just now, in words and as rows, from the conditions that the claim asks. The
-- first row is the nearest reason; `until` is when it may end by itself, `by` which executions or runners it is about.
create or replace function prikke.why(id uuid)
returns table (reason text, message text, until timestamptz, by uuid[])
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_live prikke.live_execution;
  v_past prikke.execution;
  v_job prikke.job;
begin
  select e.*
  into v_live
  from prikke.live_execution as e
  where e.organization_id = v_organization_id
    and e.id = why.id;
  if found then
    return query select w.* from prikke.why_live(v_live) as w;
    return;
  end if;

  select j.*
  into v_job
  from prikke.job as j
  where j.id = why.id;
  if not found then
    v_past := prikke.get_execution(why.id);
    return query select v_past.status, concat_ws(': ', 'It has ended: ' || v_past.status, v_past.reason, v_past.error_message), null::timestamptz, null::uuid[];
    return;
  end if;

  if not v_job.enabled then
    return query select 'disabled', format('The job was disabled by %s at %s%s.', v_job.paused_by, prikke.in_words(v_job.paused_at),
      case when v_job.pause_reason is not null then format(' (%s)', v_job.pause_reason) end), null::timestamptz, null::uuid[];
  elsif v_job.set_aside_error is not null then
    return query select 'set_aside', format('The job cannot be scheduled: %s. Change its schedule to try again.', v_job.set_aside_error), null::timestamptz, null::uuid[];
  elsif v_job.schedule_type = 'manual' then
    return query select 'manual', 'The job has no schedule and runs on demand.', null::timestamptz, null::uuid[];
  elsif v_job.next_run_at is null then
    return query select 'done', 'The job has no run ahead of it.', null::timestamptz, null::uuid[];
  elsif v_job.next_run_at > v_now then
    return query select 'not_due', format('The next run is due at %s.', prikke.in_words(v_job.next_run_at)), v_job.next_run_at, null::uuid[];
  else
    return query select 'due', format('A run is due since %s and not queued yet.', prikke.in_words(v_job.next_run_at)), null::timestamptz, null::uuid[];
  end if;

  for v_live in
    select e.*
    from prikke.live_execution as e
    where e.organization_id = v_organization_id
      and e.job_id = why.id
    order by e.scheduled_for, e.position
    limit 10
  loop
    return query select w.* from prikke.why_live(v_live) as w;
  end loop;
  if not exists (select from prikke.list_runner_health() as r where r.alive) then
    return query select 'no_runner', 'No runner is alive: nothing is delivered until one starts.', null::timestamptz, null::uuid[];
  end if;
end
$$;

comment on function prikke.why is
  'Why a job or an execution does not run just now, the nearest reason first. Example: select reason, message, until from prikke.why(id => ''0198…'');';
