create or replace function prikke.describe_times(p_masks prikke.cron_masks)
returns text
language plpgsql
immutable parallel safe
as $$
declare
  v_seconds integer := bit_count(p_masks.seconds::bit(60));
  v_minutes integer := bit_count(p_masks.minutes::bit(60));
  v_hours   integer := bit_count(p_masks.hours::bit(24));
  v_step    integer := prikke.mask_step(p_masks.minutes, 60);
  v_minute  integer := p_masks.first_in_hour / 60;
  v_second  integer := p_masks.first_in_hour % 60;
  v_last    text;  -- minute and second of the last match of an hour
  v_words   text;
begin
  -- Few times, or one in each of a few hours: name them.
  if v_seconds * v_minutes * v_hours <= 6
    or v_seconds * v_minutes = 1 and p_masks.seconds = 1 and v_hours < 24
      and prikke.mask_step(p_masks.hours, 24) is null and strpos(prikke.mask_words(p_masks.hours), 'to') = 0
  then
    return 'at ' || prikke.join_words(array(
      select to_char(make_time(h, m, s), case p_masks.seconds when 1 then 'HH24:MI' else 'HH24:MI:SS' end)
      from generate_series(0, 23) as h, generate_series(0, 59) as m, generate_series(0, 59) as s
      where p_masks.hours >> h & 1 = 1 and p_masks.minutes >> m & 1 = 1 and p_masks.seconds >> s & 1 = 1
      order by h, m, s));
  end if;

  if v_minutes = 1 and p_masks.seconds = 1 then
    v_step := prikke.mask_step(p_masks.hours, 24);
    if v_step is not null then
      return case v_step when 1 then 'every hour' else format('every %s hours', v_step) end
        || case when v_minute = 0 then '' when v_step = 1 then ' at minute ' || v_minute else format(' from 00:%s', to_char(v_minute, 'FM00')) end;
    end if;
    v_words := 'every hour';
  elsif p_masks.seconds = 1 and v_step is not null then
    v_words := case v_step when 1 then 'every minute' else format('every %s minutes', v_step) end;
  elsif v_seconds = 1 and v_step is not null then
    v_words := case v_step when 1 then 'every minute' else format('every %s minutes', v_step) end || ' at second ' || v_second;
  elsif v_step = 1 and prikke.mask_step(p_masks.seconds, 60) is not null then
    v_step := prikke.mask_step(p_masks.seconds, 60);
    v_words := case v_step when 1 then 'every second' else format('every %s seconds', v_step) end;
  else
    return 'at '
      || case when p_masks.seconds = 1 then '' else case v_seconds when 1 then 'second ' else 'seconds ' end || prikke.mask_words(p_masks.seconds) || ' of ' end
      || case when v_step = 1 then 'each minute' else case v_minutes when 1 then 'minute ' else 'minutes ' end || prikke.mask_words(p_masks.minutes) end
      || case
        when v_hours = 24 and v_step = 1 then ''
        when v_hours = 24 then ' of each hour'
        else format(' of the hour%s ', case v_hours when 1 then '' else 's' end) || prikke.mask_words(p_masks.hours)
      end;
  end if;

  if v_hours = 24 then
    return v_words;
  end if;

  v_last := to_char(length(ltrim(p_masks.minutes::bit(60)::text, '0')) - 1, 'FM00')
    || case p_masks.seconds when 1 then '' else ':' || to_char(length(ltrim(p_masks.seconds::bit(60)::text, '0')) - 1, 'FM00') end;
  return v_words || ' ' || prikke.join_words(array(
    select format('from %s:%s%s to %s:%s', to_char(min(h), 'FM00'), to_char(v_minute, 'FM00'),
      case p_masks.seconds when 1 then '' else ':' || to_char(v_second, 'FM00') end, to_char(max(h), 'FM00'), v_last)
    from (select h, h - row_number() over (order by h) as run from generate_series(0, 23) as h where p_masks.hours >> h & 1 = 1) as hour
    group by run
    order by min(h)));
end
$$;

comment on function prikke.describe_times(prikke.cron_masks) is
  'The times of day of a cron expression in words, from "at" or "every" on.';
