-- Postgres alone takes the later instant of a repeated hour, and counts a time that
-- never was from before the gap.
create or replace function prikke.local_instant(local timestamp, timezone text)
returns timestamptz
language plpgsql
immutable strict parallel safe
as $$
declare
  v_wall     bigint;
  v_at       bigint;
  v_shift    bigint;
begin
  if not isfinite(local) then
    return null;
  end if;

  v_wall := floor(date_part('epoch', local))::bigint;
  v_at := floor(date_part('epoch', timezone(timezone, local)))::bigint;
  v_shift := prikke.wall_clock(timezone, v_at) - v_wall;

  if v_shift <> 0 then
    return to_timestamp(prikke.zone_change(timezone, v_at - v_shift, v_at));
  end if;

  v_shift := prikke.wall_clock(timezone, v_at - 86400) + 86400 - v_wall;

  if v_shift > 0 and prikke.wall_clock(timezone, v_at - v_shift) = v_wall then
    v_at := v_at - v_shift;
  end if;

  return to_timestamp(v_at) + (local - date_trunc('second', local));
end
$$;

comment on function prikke.local_instant(timestamp, text) is
  'The instant of a local time: the earlier of a repeated hour, the end of the gap when it falls into one.';
