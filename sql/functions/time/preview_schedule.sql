-- The next due times of a schedule that is being written, each beside the wall clock of its zone, the schedule in words,
-- and what a clock change does. Of a job (job_id) what never changes is taken: the seed of H and where `every` counts from.
create or replace function prikke.preview_schedule(
  cron text default null,
  every interval default null,
  scheduled_at timestamptz default null,
  timezone text default 'UTC',
  count integer default 5,
  seed text default null,
  job_id uuid default null
)
returns table (run_at timestamptz, local_at timestamp, words text, warning text)
language plpgsql
stable
security definer
rows 5
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_now constant timestamptz := prikke.clock();
  v_problems jsonb := prikke.schedule_problems(cron, every, scheduled_at, timezone, false, v_now);
  v_masks prikke.cron_masks;
  v_anchor timestamptz;
  v_before timestamptz;
begin
  if not coalesce(count between 0 and 100, false) then
    v_problems := v_problems || prikke.problem('count', 'out_of_range', 'must lie between 0 and 100', '5 is usual.');
  end if;
  perform prikke.refuse(v_problems);
  if job_id is not null then
    select d.seed, d.anchored_at
    into seed, v_anchor
    from prikke.job_definition as d
    where d.organization_id = prikke.current_organization()
      and d.id = job_id;
  end if;
  if cron is not null then
    v_masks := prikke.parse_cron(cron, seed);
    words := prikke.describe_schedule(cron, timezone, seed);
  end if;
  v_anchor := coalesce(scheduled_at, v_anchor, v_now);
  run_at := v_now;
  for v_number in 1 .. count loop
    v_before := run_at;
    run_at := prikke.next_due(
      case when cron is not null then 'cron' when every is not null then 'every' when scheduled_at is not null then 'once' else 'manual' end,
      v_masks, timezone, every, v_anchor, scheduled_at, run_at);
    exit when run_at is null;
    warning := case when timezone <> 'UTC' then prikke.clock_warning(timezone, v_masks, run_at, v_before) end;
    local_at := run_at at time zone timezone;
    return next;
  end loop;
end
$$;

comment on function prikke.preview_schedule is
  'The next runs of a schedule that no job has yet, each with the wall clock of its zone and a warning where a clock change touches it. Example: select run_at, local_at, warning from prikke.preview_schedule(cron => ''30 2 * * *'', timezone => ''Europe/Oslo'');';
