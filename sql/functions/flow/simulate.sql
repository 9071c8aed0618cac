-- What would run, be skipped or be missed, and why, without doing it. An outage may be played as well: while the engine is
-- down nothing is decided, then everything at once.
create or replace function prikke.simulate(
  id uuid,
  since timestamptz default null,
  until timestamptz default null,
  duration interval default null,
  down_from timestamptz default null,
  down_until timestamptz default null
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
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_job prikke.job_definition;
  v_live timestamptz[];
begin
  select d.*
  into v_job
  from prikke.job_definition as d
  where d.organization_id = v_organization_id
    and d.id = simulate.id
    and d.deleted_at is null;
  if not found then
    raise exception 'job % does not exist', simulate.id using errcode = 'PK404', column = 'id';
  end if;
  perform prikke.refuse(prikke.simulate_problems(since, until, duration, down_from, down_until));
  duration := coalesce(duration, prikke.expected_duration(v_organization_id, v_job.id), interval '0');
  if since is null and v_job.overlap <> 'allow' then
    v_live := array(
      select greatest(coalesce(e.claimed_at, v_now) + duration, v_now)
      from prikke.live_execution as e
      where e.organization_id = v_organization_id
        and e.job_id = v_job.id
        and (e.kind <> 'replay' or e.claim_number > 0)
      order by 1);
  end if;
  -- What is decided already is not foreseen.
  since := coalesce(since, greatest(v_now, (
    select s.last_due_at + interval '1 microsecond'
    from prikke.job_state as s
    where s.organization_id = v_organization_id
      and s.job_id = v_job.id)));
  return query
    select s.*
    from prikke.simulate_job(v_job, since, coalesce(until, since + interval '1 day'), duration, down_from, down_until, v_live) as s;
end
$$;

-- The same for a schedule that no job has yet.
create or replace function prikke.simulate(
  cron text default null,
  every interval default null,
  scheduled_at timestamptz default null,
  timezone text default 'UTC',
  catch_up text default 'latest',
  catch_up_window interval default null,
  overlap text default 'skip',
  seed text default null,
  since timestamptz default null,
  until timestamptz default null,
  duration interval default null,
  down_from timestamptz default null,
  down_until timestamptz default null
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
#variable_conflict use_variable
declare
  v_now constant timestamptz := prikke.clock();
  v_job prikke.job_definition;
  v_problems jsonb;
begin
  v_problems := prikke.schedule_problems(cron, every, scheduled_at, timezone, false, v_now)
    || prikke.simulate_problems(since, until, duration, down_from, down_until);
  if catch_up is null or catch_up not in ('latest', 'all', 'none') then
    v_problems := v_problems || prikke.problem('catch_up', 'unknown', format('"%s" is no way to catch up', catch_up), 'latest, all or none');
  end if;
  if overlap is null or overlap not in ('skip', 'queue_one', 'allow') then
    v_problems := v_problems || prikke.problem('overlap', 'unknown', format('"%s" is no policy for overlap', overlap), 'skip, queue_one or allow');
  end if;
  perform prikke.refuse(v_problems);

  v_job.schedule_type := case when cron is not null then 'cron' when every is not null then 'every' when scheduled_at is not null then 'once' else 'manual' end;
  v_job.masks := case when cron is not null then prikke.parse_cron(cron, seed) end;
  v_job.timezone := timezone;
  v_job.every := every;
  v_job.scheduled_at := scheduled_at;
  v_job.anchored_at := coalesce(scheduled_at, v_now);
  v_job.interval_minutes := case v_job.schedule_type
    when 'cron' then prikke.schedule_interval_minutes(v_job.masks, timezone)
    when 'every' then prikke.schedule_interval_minutes(every)
  end;
  v_job.catch_up := catch_up;
  v_job.catch_up_window := catch_up_window;
  v_job.overlap := overlap;
  v_job.enabled := true;
  since := coalesce(since, v_now);
  return query
    select s.*
    from prikke.simulate_job(v_job, since, coalesce(until, since + interval '1 day'), coalesce(duration, interval '0'), down_from, down_until, null) as s;
end
$$;

comment on function prikke.simulate(uuid, timestamptz, timestamptz, interval, timestamptz, timestamptz) is
  'What would become of a job''s due times: status run, skipped, missed or disabled, with the reason, and from when to when it would run. duration: how long a run takes, else as seen last week; down_from and down_until play an outage. Example: select scheduled_for, status, reason from prikke.simulate(id => ''0198…'', until => prikke.clock() + interval ''2 days'', duration => ''20 minutes'');';
comment on function prikke.simulate(text, interval, timestamptz, text, text, interval, text, text, timestamptz, timestamptz, interval, timestamptz, timestamptz) is
  'The same for a schedule that no job has yet. Example: select scheduled_for, status, reason from prikke.simulate(cron => ''*/10 * * * *'', timezone => ''Europe/Oslo'', duration => ''25 minutes'', overlap => ''queue_one'');';
