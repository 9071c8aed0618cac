-- The tick. Takes over what people changed, turns due times into executions, readies what has become due, and says when
-- it is needed next. Any number of runners may call it at once: each takes what no other holds.
create or replace function prikke.enqueue_due(p_limit integer default 1000)
returns table (jobs integer, ripened integer, next_due_at timestamptz, clock timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_holds_end_at timestamptz;
begin
  -- What ends now needs its day: after a long sleep the days made ahead are over.
  if to_regclass('prikke.past_execution_' || to_char(prikke.clock() at time zone 'UTC' + interval '1 day', 'YYYYMMDD')) is null then
    perform prikke.keep_partitions();
  end if;
  perform prikke.apply_job_changes(p_limit);
  perform prikke.apply_requests(p_limit);
  perform prikke.apply_host_outcomes(p_limit);
  perform prikke.apply_freed_keys(p_limit);
  v_holds_end_at := prikke.free_timed_holds(p_limit);
  jobs := prikke.enqueue_jobs(p_limit);
  ripened := prikke.ripen_executions(p_limit);
  if jobs + ripened >= 100 then
    perform prikke.keep_statistics();
  end if;
  next_due_at := least(
    nullif(v_holds_end_at, 'infinity'),
    (select min(s.next_run_at) from prikke.job_state as s where s.next_run_at is not null),
    (select min(e.due_at) from prikke.live_execution as e where e.status = 'pending' and not e.ready and e.held_by is null));
  clock := prikke.clock();
  return next;
end
$$;

comment on function prikke.enqueue_due is
  'Turns due times into executions; answers how many jobs it looked at, how many waiting ones became due, and when to call again. Runners only.';
