-- A hundred runs are a third of a millisecond, too much for every job that is saved:
-- most schedules show their least gap at once, and where no clock changes meanwhile
-- none is shorter. Offsets are looked at every two weeks of the time that 100 runs
-- may take.
create or replace function prikke.schedule_interval_minutes(p_masks prikke.cron_masks, p_timezone text)
returns integer
language plpgsql
stable strict parallel safe
as $$
declare
  v_least    interval := make_interval(mins => prikke.least_gap(p_masks));
  v_now      bigint := floor(date_part('epoch', prikke.clock()));
  v_at       timestamptz := prikke.next_run(p_masks, p_timezone, to_timestamp(v_now));
  v_next     timestamptz;
  v_shortest interval;
  v_weeks    integer := case
    when not p_masks.weekly then 0
    when p_masks.weekdays = 34359738367 and p_masks.hours = 16777215 then 2
    else 100 / bit_count((p_masks.weekdays & 127)::bit(7)) + 2
  end;
begin
  if p_timezone <> 'UTC' then
    for v_week in 0 .. v_weeks by 2 loop
      if v_weeks = 0
        or prikke.wall_clock(p_timezone, v_now + v_week * 604800) - v_week * 604800 <> prikke.wall_clock(p_timezone, v_now)
      then
        v_least := interval '0';
        exit;
      end if;
    end loop;
  end if;

  for v_number in 2 .. 100 loop
    exit when v_shortest < '2 minutes' or v_shortest <= v_least;
    v_next := prikke.next_run(p_masks, p_timezone, v_at);
    exit when v_next is null;
    v_shortest := least(v_shortest, v_next - v_at);
    v_at := v_next;
  end loop;

  return greatest(floor(date_part('epoch', v_shortest) / 60), 1)::integer;
end
$$;

comment on function prikke.schedule_interval_minutes(prikke.cron_masks, text) is
  'The shortest gap of the next 100 runs in whole minutes, at least 1.';

create or replace function prikke.schedule_interval_minutes(p_every interval)
returns integer
language sql
immutable strict parallel safe
as $$
  select greatest(floor(date_part('epoch', p_every) / 60), 1)::integer
$$;

comment on function prikke.schedule_interval_minutes(interval) is 'A fixed interval in whole minutes, at least 1.';
