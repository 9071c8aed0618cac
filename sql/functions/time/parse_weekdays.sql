create or replace function prikke.parse_weekdays(p_masks prikke.cron_masks, p_text text, p_hash bytea)
returns prikke.cron_masks
language plpgsql
immutable parallel safe
as $$
declare
  c_groups constant bigint := 270549121;  -- the lowest bit of each of five groups of seven
  v_masks  prikke.cron_masks := p_masks;
  v_item   text;
  v_day    integer;
  v_bits   bigint;
begin
  v_masks.weekdays := 0;

  foreach v_item in array string_to_array(p_text, ',') loop
    v_day := case when v_item ~ '^(?:[0-7]|[A-Z]{3})(?:#[1-5]|L)$' then prikke.cron_value(substring(v_item from '^(?:[0-7]|[A-Z]{3})'), 6) % 7 end;
    if v_day is null then
      v_bits := prikke.parse_cron_field(v_item, 6, p_hash);
      v_masks.weekdays := v_masks.weekdays | (((v_bits & 127) | (v_bits >> 7)) * c_groups);
    elsif right(v_item, 1) = 'L' then
      v_masks.last_weekdays := v_masks.last_weekdays | ((1 << v_day) * c_groups);
    else
      v_masks.weekdays := v_masks.weekdays | (1::bigint << v_day + 7 * (right(v_item, 1)::integer - 1));
    end if;
  end loop;

  return v_masks;
end
$$;

comment on function prikke.parse_weekdays(prikke.cron_masks, text, bytea) is
  'Puts a day-of-week field with 5L or 5#2 into the masks.';
