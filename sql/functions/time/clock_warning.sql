-- What a change of the clock does to one run: moves it out of an hour that is skipped, makes its wall time come twice, or
-- only shifts it against the run before. Whole seconds, since adding an interval would read the session's TimeZone.
create or replace function prikke.clock_warning(
  p_timezone text,
  p_masks prikke.cron_masks,
  p_run_at timestamptz,
  p_before timestamptz
)
returns text
language plpgsql
stable parallel safe
as $$
declare
  v_at constant bigint := floor(date_part('epoch', p_run_at))::bigint;
  v_before constant bigint := floor(date_part('epoch', p_before))::bigint;
  v_wall constant bigint := prikke.wall_clock(p_timezone, v_at);
  v_jump constant bigint := v_wall - prikke.wall_clock(p_timezone, v_at - 1) - 1;
  v_back bigint;
begin
  if v_jump > 0 and p_masks is not null
    and (p_masks.hours >> (v_wall / 3600 % 24)::integer & 1 = 0 or p_masks.minutes >> (v_wall / 60 % 60)::integer & 1 = 0)
  then
    return format('The clock in %s skips %s to %s that day: what is due in between runs at %s.', p_timezone,
      to_char(timezone('UTC', to_timestamp(v_wall - v_jump)), 'HH24:MI'), to_char(timezone('UTC', to_timestamp(v_wall)), 'HH24:MI'),
      to_char(timezone('UTC', to_timestamp(v_wall)), 'HH24:MI'));
  end if;
  v_back := v_wall - v_at - (prikke.wall_clock(p_timezone, v_at + 7200) - v_at - 7200);
  if v_back > 0 and prikke.wall_clock(p_timezone, v_at + v_back) = v_wall then
    return format('The clock in %s shows %s twice that day: this is the first.', p_timezone, to_char(timezone('UTC', to_timestamp(v_wall)), 'HH24:MI'));
  end if;
  v_back := prikke.wall_clock(p_timezone, v_at - 7200) - v_at + 7200 - (v_wall - v_at);
  if v_back > 0 and prikke.wall_clock(p_timezone, v_at - v_back) = v_wall then
    return format('The clock in %s shows %s twice that day: this is the second.', p_timezone, to_char(timezone('UTC', to_timestamp(v_wall)), 'HH24:MI'));
  end if;
  if prikke.wall_clock(p_timezone, v_before) - v_before <> v_wall - v_at then
    return format('The clock in %s changes before this run, from %s to %s.', p_timezone,
      prikke.offset_words(prikke.wall_clock(p_timezone, v_before) - v_before), prikke.offset_words(v_wall - v_at));
  end if;
  return null;
end
$$;

comment on function prikke.clock_warning is 'What a clock change does to a run, in a sentence; null where none touches it.';
