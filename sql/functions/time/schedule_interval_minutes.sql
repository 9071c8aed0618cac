create or replace function prikke.schedule_interval_minutes(p_masks prikke.cron_masks, p_timezone text)
returns integer
language plpgsql
stable strict parallel safe
as $$
declare
  v_at       timestamptz := prikke.next_run(p_masks, p_timezone, prikke.clock());
  v_next     timestamptz;
  v_shortest interval;
begin
  for v_number in 2 .. 100 loop
    v_next := prikke.next_run(p_masks, p_timezone, v_at);
    exit when v_next is null or v_shortest < '2 minutes';
    v_shortest := least(v_shortest, v_next - v_at);
    v_at := v_next;
  end loop;

  return greatest(floor(date_part('epoch', v_shortest) / 60), 1);
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
