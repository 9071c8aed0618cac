-- Plays a schedule through as the engine would: a tick at each due time, none while it is down, then all at once; what is
-- decided is decided by decide_due. Each run is taken to last as long as expected; p_live says until when runs that are
-- already there last.
create or replace function prikke.simulate_job(
  p_job prikke.job_definition,
  p_since timestamptz,
  p_until timestamptz,
  p_duration interval,
  p_down_from timestamptz,
  p_down_until timestamptz,
  p_live timestamptz[]
)
returns table (
  scheduled_for timestamptz,
  status text,
  reason text,
  starts_at timestamptz,
  ends_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  c_most constant integer := 10000;
  v_next timestamptz := prikke.next_due(
    p_job.schedule_type, p_job.masks, p_job.timezone, p_job.every, p_job.anchored_at, p_job.scheduled_at, p_since - interval '1 microsecond');
  v_starts timestamptz[] := array_fill(p_since, array[coalesce(cardinality(p_live), 0)]);
  v_ends timestamptz[] := coalesce(p_live, '{}');
  v_dues timestamptz[];
  v_now timestamptz;
  v_more boolean;
  v_reason text;
  v_count integer := 0;
begin
  while v_next < p_until loop
    v_now := case when v_next >= p_down_from and v_next < p_down_until then p_down_until else v_next end;
    v_dues := '{}';
    while v_next <= v_now and cardinality(v_dues) < c_most + 100 loop
      v_dues := v_dues || v_next;
      v_next := prikke.next_due(p_job.schedule_type, p_job.masks, p_job.timezone, p_job.every, p_job.anchored_at, p_job.scheduled_at, v_next);
    end loop;
    v_more := coalesce(v_next <= v_now, false);
    if v_more then
      v_next := v_dues[c_most + 1];
      v_dues := v_dues[1:c_most];
    end if;

    select coalesce(array_agg(r.start_at order by r.number), '{}'), coalesce(array_agg(r.end_at order by r.number), '{}')
    into v_starts, v_ends
    from unnest(v_starts, v_ends) with ordinality as r (start_at, end_at, number)
    where r.end_at > v_now;

    for v_index in 1 .. cardinality(v_dues) loop
      scheduled_for := v_dues[v_index];
      exit when scheduled_for >= p_until;
      v_count := v_count + 1;
      if v_count > c_most then
        perform prikke.refuse(jsonb_build_array(prikke.problem('until', 'out_of_range', format('lies more than %s due times ahead', c_most), 'Choose a shorter time.')));
      end if;
      starts_at := null;
      ends_at := null;
      if not p_job.enabled then
        status := 'disabled';
        reason := coalesce('paused by ' || p_job.paused_by, 'disabled');
        return next;
        continue;
      end if;
      v_reason := prikke.decide_due(
        p_job.schedule_type, p_job.interval_minutes, p_job.catch_up, p_job.catch_up_window, p_job.overlap,
        scheduled_for, v_dues[1], cardinality(v_dues) - v_index, v_more, v_now, cardinality(v_ends),
        (select count(*) from unnest(v_starts) as r (start_at) where r.start_at > v_now)::integer);
      status := case when v_reason = 'overlap' then 'skipped' when v_reason is not null then 'missed' else 'run' end;
      reason := v_reason;
      if v_reason is null then
        starts_at := v_now;
        if p_job.overlap <> 'allow' then
          starts_at := greatest(v_now, v_ends[cardinality(v_ends)]);
        end if;
        if starts_at >= p_down_from and starts_at < p_down_until then
          starts_at := p_down_until;
        end if;
        ends_at := starts_at + p_duration;
        reason := case when starts_at > v_now then 'waits_for_run' when v_now > scheduled_for then 'caught_up' end;
        if p_job.overlap <> 'allow' then
          v_starts := v_starts || starts_at;
          v_ends := v_ends || ends_at;
        end if;
      end if;
      return next;
    end loop;
  end loop;
end
$$;

comment on function prikke.simulate_job is 'What would become of each due time of a job between two instants, and why.';
