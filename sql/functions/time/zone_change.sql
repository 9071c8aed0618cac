-- Halves the stretch until one second is left; it must hold exactly one change.
create or replace function prikke.zone_change(p_timezone text, p_from bigint, p_until bigint)
returns bigint
language plpgsql
immutable strict parallel safe
as $$
declare
  v_before bigint := p_from;
  v_after  bigint := p_until;
  v_middle bigint;
  v_offset bigint := prikke.wall_clock(p_timezone, p_from) - p_from;
begin
  while v_after - v_before > 1 loop
    v_middle := v_before + (v_after - v_before) / 2;
    if prikke.wall_clock(p_timezone, v_middle) - v_middle = v_offset then
      v_before := v_middle;
    else
      v_after := v_middle;
    end if;
  end loop;

  return v_after;
end
$$;

comment on function prikke.zone_change(text, bigint, bigint) is
  'The first second with the new offset, between an instant before a clock change and one after it.';
