-- 15W: Friday before a Saturday, Monday after a Sunday, but never in another month:
-- 1W on a Saturday is Monday the 3rd, and a last day on a Sunday goes back to Friday.
-- Asked for as three masks: Saturdays move left, Sundays right, others stay.
create or replace function prikke.special_days(p_masks prikke.cron_masks, p_weekday integer, p_length integer)
returns bigint
language plpgsql
immutable strict parallel safe
as $$
declare
  v_sunday   bigint := 270549121::bigint << (7 - p_weekday) % 7;
  v_saturday bigint := 270549121::bigint << 6 - p_weekday;
  v_last     bigint := 1::bigint << p_length - 1;
  v_bits     bigint := p_masks.nearest_days & (v_last * 2 - 1);
  v_days     bigint := v_bits & ~v_sunday & ~v_saturday;
begin
  if p_masks.last_day then
    v_days := v_days | v_last;
  end if;
  if p_masks.last_workday then
    v_days := v_days | (case when v_last & v_sunday <> 0 then v_last >> 2 when v_last & v_saturday <> 0 then v_last >> 1 else v_last end);
  end if;

  if v_bits & v_saturday <> 0 then
    v_days := v_days | ((v_bits & v_saturday) >> 1) | (case when v_bits & v_saturday & 1 = 1 then 4 else 0 end);
  end if;
  if v_bits & v_sunday <> 0 then
    v_days := v_days | ((v_bits & v_sunday & ~v_last) << 1) | ((v_bits & v_sunday & v_last) >> 2);
  end if;

  return v_days;
end
$$;

comment on function prikke.special_days(prikke.cron_masks, integer, integer) is
  'Days that L, LW and 15W mean in a month of a given length that begins on a given weekday, as a mask.';
