create or replace function prikke.least_gap(p_masks prikke.cron_masks)
returns integer
language plpgsql
immutable parallel safe
as $$
declare
  v_gap     integer := 1;
  v_last    integer;
  v_minutes bigint := p_masks.minutes;
  v_hours   bigint := p_masks.hours;
  v_days    bigint := p_masks.weekdays & 127;
begin
  if p_masks.seconds & p_masks.seconds - 1 <> 0 then
    return 0;
  end if;

  if v_minutes & v_minutes - 1 <> 0 then
    while v_minutes & (v_minutes >> v_gap) = 0 loop
      v_gap := v_gap + 1;
    end loop;
    if v_hours & (v_hours >> 1 | ((v_hours & 1) << 23)) <> 0 then
      v_last := length(ltrim(v_minutes::bit(60)::text, '0')) - 1;
      v_gap := least(v_gap, p_masks.first_in_hour / 60 + 60 - v_last);
    end if;
    return v_gap;
  elsif v_hours & v_hours - 1 <> 0 then
    v_hours := v_hours | (v_hours << 24);
    while v_hours & (v_hours >> v_gap) = 0 loop
      v_gap := v_gap + 1;
    end loop;
    return v_gap * 60;
  elsif p_masks.weekly then
    v_days := v_days | (v_days << 7);
    while v_days & (v_days >> v_gap) = 0 loop
      v_gap := v_gap + 1;
    end loop;
  end if;
  return v_gap * 1440;
end
$$;

comment on function prikke.least_gap(prikke.cron_masks) is
  'Minutes that two runs of a cron expression are apart at the least, as long as no clock changes.';
