create or replace function prikke.refuse_cron_item(p_item text, p_field integer, p_low integer, p_high integer)
returns void
language plpgsql
volatile parallel safe
as $$
declare
  v_name  text := (array['second', 'minute', 'hour', 'day of month', 'month', 'day of week'])[p_field];
  v_range text[] := regexp_match(p_item, '^(?:H\()?([0-9]+|[A-Z]+)(?:-([0-9]+|[A-Z]+))?\)?(?:/[0-9]+)?$');
  v_step  bigint := left(substring(p_item from '/([0-9]+)$'), 9)::bigint;
  v_size  integer := p_high - p_low + case p_field when 6 then 0 else 1 end;
  v_from  integer := prikke.cron_value(v_range[1], p_field);
  v_until integer := prikke.cron_value(v_range[2], p_field);
  v_code  text := 'syntax';
  v_text  text;
  v_hint  text;
begin
  if p_item = '' then
    v_text := 'a comma needs a value on both sides.';
  elsif strpos(p_item, '?') > 0 then
    v_code := 'unsupported';
    v_text := '? is not supported.';
    v_hint := 'Write * for any value.';
  elsif strpos(p_item, '~') > 0 then
    v_code := 'unsupported';
    v_text := '~ is not supported.';
    v_hint := 'H(0-29) is a value in that range that stays the same.';
  elsif p_field = 4 and p_item ~ '^L-?[0-9]' then
    v_code := 'unsupported';
    v_text := 'a day counted from the end of the month is not supported.';
    v_hint := 'L is the last day, LW the last one from Monday to Friday.';
  elsif p_field = 6 and p_item = 'L' then
    v_code := 'unsupported';
    v_text := 'L needs a weekday before it, since crons differ in what it means alone.';
    v_hint := '5L is the last Friday of the month, 6 every Saturday.';
  elsif p_item ~ '#' then
    v_text := format('%s is not a weekday and its number in the month.', p_item);
    v_hint := 'In the day of week: 5#2 or FRI#2 is the second Friday; the number is 1 to 5.';
  elsif p_item ~ '^([0-9]+L|L|LW|[0-9]+W|W)$' then
    v_text := format('%s does not belong here.', p_item);
    v_hint := 'L, LW and 15W are days of the month, 5L is a day of the week.';
  elsif v_step = 0 then
    v_text := 'a step of 0 never moves.';
  elsif v_step > v_size then
    v_code := 'range';
    v_text := format('a step of %s is more than the field holds.', v_step);
    v_hint := 'Steps start again in each hour, day, month or week; for a longer rhythm give every instead of cron.';
  elsif v_range[1] ~ '[A-Z]' and v_from is null or v_range[2] ~ '[A-Z]' and v_until is null then
    v_text := format('%s is not understood.', p_item);
    v_hint := case p_field
      when 5 then 'Months are 1 to 12 or JAN to DEC.'
      when 6 then 'Weekdays are 0 to 7 or SUN to SAT.'
      else 'Names are for months and days of the week only.'
    end;
  elsif v_range[1] is null then
    v_text := format('%s is not understood.', p_item);
    v_hint := format('Values are %s to %s; lists 1,2, ranges 1-5, steps */2 or 1-5/2.', p_low, p_high);
  elsif not coalesce(v_from between p_low and p_high, false)
    or v_range[2] is not null and not coalesce(v_until between p_low and p_high, false)
  then
    v_code := 'range';
    v_text := format('%s is not between %s and %s.', p_item, p_low, p_high);
  elsif v_until < v_from then
    v_code := 'range';
    v_text := format('%s runs backwards.', p_item);
    v_hint := case
      when p_field = 6 and v_until = 0 then format('Sunday at the end of a range is 7: %s-7.', v_range[1])
      when p_item not like 'H%' then format('Write two ranges: %s-%s,%s-%s.', v_from, case p_field when 6 then 6 else p_high end, p_low, v_until)
    end;
  elsif p_item like 'H(%' then
    v_code := 'range';
    v_text := format('%s has a step wider than its range.', p_item);
  else
    v_text := format('%s: a step needs a range, since some crons read this as %s alone.', p_item, v_range[1]);
    v_hint := format('Write %s-%s%s for every value from there.', v_range[1], case p_field when 6 then 6 else p_high end, substring(p_item from '/.*$'));
  end if;

  perform prikke.refuse_schedule('cron', v_code, upper(left(v_name, 1)) || substr(v_name, 2) || ': ' || v_text, v_hint);
end
$$;

comment on function prikke.refuse_cron_item(text, integer, integer, integer) is
  'Raises PK422 with what is wrong with one item of a field of a cron expression.';
