-- What is wrong with a schedule: its kind, zone, cron text, step or instant.
create or replace function prikke.schedule_problems(
  p_cron text,
  p_every interval,
  p_scheduled_at timestamptz,
  p_timezone text,
  p_changed boolean,
  p_now timestamptz
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_problems jsonb := '[]';
  v_timezone_problem jsonb := prikke.timezone_problem(p_timezone);
begin
  if v_timezone_problem is not null then
    v_problems := v_problems || v_timezone_problem;
  end if;
  if p_cron is not null and p_every is not null then
    v_problems := v_problems || prikke.problem('cron', 'conflict', 'cannot stand beside every', 'Give one kind of schedule.');
  elsif p_cron is not null and p_scheduled_at is not null then
    v_problems := v_problems || prikke.problem('cron', 'conflict', 'cannot stand beside scheduled_at', 'Give one kind of schedule.');
  elsif p_cron is not null then
    v_problems := v_problems || coalesce(prikke.cron_problem(p_cron, case when v_timezone_problem is null then p_timezone else 'UTC' end), '[]'::jsonb);
  elsif p_every is not null then
    if extract(year from p_every) <> 0 or extract(month from p_every) <> 0 then
      v_problems := v_problems || prikke.problem('every', 'invalid', 'must have a fixed length, so no months or years', 'Days, hours, minutes and seconds; or a cron schedule such as "0 0 1 * *".');
    elsif p_every < interval '1 second' or p_every > interval '400 days' then
      v_problems := v_problems || prikke.problem('every', 'out_of_range', 'must lie between 1 second and 400 days');
    elsif extract(microseconds from p_every)::bigint % 1000000 <> 0 then
      v_problems := v_problems || prikke.problem('every', 'invalid', 'must be whole seconds');
    end if;
  end if;
  if p_scheduled_at is not null then
    if not isfinite(p_scheduled_at) or p_scheduled_at > p_now + interval '10 years' then
      v_problems := v_problems || prikke.problem('scheduled_at', 'out_of_range', 'lies more than ten years ahead');
    elsif p_changed and p_every is null and p_cron is null and p_scheduled_at < p_now - interval '60 seconds' then
      v_problems := v_problems || prikke.problem('scheduled_at', 'past', 'lies in the past', format('It is now %s.', to_char(p_now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
    end if;
  end if;
  return v_problems;
end
$$;

comment on function prikke.schedule_problems is 'All that is wrong with a schedule; an empty array when nothing is.';
