create or replace function prikke.parse_month_days(p_masks prikke.cron_masks, p_text text, p_hash bytea)
returns prikke.cron_masks
language plpgsql
immutable parallel safe
as $$
declare
  v_masks prikke.cron_masks := p_masks;
  v_item  text;
begin
  v_masks.days := 0;

  foreach v_item in array string_to_array(p_text, ',') loop
    if v_item = 'L' then
      v_masks.last_day := true;
    elsif v_item = 'LW' then
      v_masks.last_workday := true;
    elsif v_item ~ '^[0-9]{1,2}W$' and rtrim(v_item, 'W')::integer between 1 and 31 then
      v_masks.nearest_days := v_masks.nearest_days | (1::bigint << rtrim(v_item, 'W')::integer - 1);
    else
      v_masks.days := v_masks.days | (prikke.parse_cron_field(v_item, 4, p_hash) >> 1);
    end if;
  end loop;

  return v_masks;
end
$$;

comment on function prikke.parse_month_days(prikke.cron_masks, text, bytea) is
  'Puts a day-of-month field with L, LW or 15W into the masks.';
