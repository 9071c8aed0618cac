create or replace function prikke.describe_days(p_masks prikke.cron_masks)
returns text
language plpgsql
immutable parallel safe
as $$
declare
  c_weekdays constant text[] := array['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  c_months   constant text[] := array['', 'January', 'February', 'March', 'April', 'May', 'June',
    'July', 'August', 'September', 'October', 'November', 'December'];
  c_groups   constant bigint := 270549121;  -- the lowest bit of each of five groups of seven
  v_all_days boolean := p_masks.days = 2147483647;
  v_all_weekdays boolean := p_masks.weekdays = 127 * c_groups;
  v_months   text := case when p_masks.months <> 8190 then prikke.mask_words(p_masks.months, c_months) end;
  -- Weekdays that count in all five weeks; the others are the nth of a month.
  v_plain    bigint := 127 & p_masks.weekdays & (p_masks.weekdays >> 7) & (p_masks.weekdays >> 14) & (p_masks.weekdays >> 21) & (p_masks.weekdays >> 28);
  v_words    text[];
  v_days     text;
  v_weekdays text;
begin
  if not p_masks.both_days and (v_all_days or v_all_weekdays) then
    v_all_days := true;
    v_all_weekdays := true;
  end if;

  if not v_all_days then
    if p_masks.months & p_masks.months - 1 = 0 and p_masks.days & p_masks.days - 1 = 0 and p_masks.days <> 0 and not p_masks.special_days then
      v_days := prikke.mask_words(p_masks.days << 1) || ' ' || v_months;
    else
      v_words := array_remove(array[
        case when p_masks.days <> 0 then case when p_masks.days & p_masks.days - 1 = 0 then 'day ' else 'days ' end || prikke.mask_words(p_masks.days << 1) end,
        case when p_masks.last_day then 'the last day' end,
        case when p_masks.last_workday then 'the last day from Monday to Friday' end], null)
        || array(select format('the day from Monday to Friday nearest to day %s', n) from generate_series(1, 31) as n where p_masks.nearest_days >> n - 1 & 1 = 1);
      v_days := prikke.join_words(v_words) || ' of ' || coalesce(v_months, 'each month')
        || case when v_months is null and v_words in ('{day 29}', '{day 30}', '{day 31}') then ' that has it' else '' end;
    end if;
  end if;

  if not v_all_weekdays then
    v_weekdays := case v_plain
      when 0 then null
      when 62 then 'weekdays'
      else prikke.mask_words((v_plain >> 1) | ((v_plain & 1) << 6), '{Mondays,Tuesdays,Wednesdays,Thursdays,Fridays,Saturdays,Sundays}')
    end;
    v_words := array(
      select format('the %s %s', (array['1st', '2nd', '3rd', '4th', '5th'])[n / 7 + 1], c_weekdays[n % 7 + 1])
      from generate_series(0, 34) as n
      where (p_masks.weekdays & ~(v_plain * c_groups)) >> n & 1 = 1
      order by n / 7, n % 7
    ) || array(
      select format('the last %s', c_weekdays[n + 1])
      from generate_series(0, 6) as n
      where (p_masks.last_weekdays & ~v_plain) >> n & 1 = 1
      order by n
    );
    if v_days is null and v_plain <> 0 and v_months is not null then
      v_weekdays := v_weekdays || ' in ' || v_months;
    end if;
    if cardinality(v_words) > 0 then
      v_weekdays := concat_ws(' and ', v_weekdays, prikke.join_words(v_words) || ' of ' || coalesce(v_months, 'each month'));
    end if;
  end if;

  return case
    when v_days is null and v_weekdays is null then 'in ' || v_months
    when v_days is null then v_weekdays
    when v_weekdays is null then v_days
    when p_masks.both_days then v_days || ' falling on ' || v_weekdays
    else v_days || ' and ' || v_weekdays
  end;
end
$$;

comment on function prikke.describe_days(prikke.cron_masks) is
  'The days of a cron expression in words; null for every day.';
