-- The span is fixed: one that moved with the clock would change without any news.
-- Steps of two weeks see Ramadan's pauses of summer time; each change is then bisected.
create or replace function prikke.zone_fingerprint(p_timezone text)
returns text
language plpgsql
stable strict parallel safe
as $$
declare
  c_step   constant bigint := 1209600;
  v_at     bigint := 1577836800;  -- 2020-01-01
  v_offset bigint;
  v_next   bigint;
  v_facts  text;
begin
  v_offset := prikke.wall_clock(p_timezone, v_at) - v_at;
  v_facts := v_offset;

  while v_at < 2840140800 loop  -- 2060-01-01
    v_next := prikke.wall_clock(p_timezone, v_at + c_step) - v_at - c_step;
    if v_next <> v_offset then
      v_facts := v_facts || ' ' || prikke.zone_change(p_timezone, v_at, v_at + c_step) || ' ' || v_next;
      v_offset := v_next;
    end if;
    v_at := v_at + c_step;
  end loop;

  return md5(v_facts);
exception
  when invalid_parameter_value then
    return null;
end
$$;

comment on function prikke.zone_fingerprint(text) is
  'A hash of the clock changes of a zone from 2020 to 2060; another one means that zone data changed. Null for a zone that has vanished.';
