-- Made from the masks, so that the words say what next_run does. H without the job's
-- seed has no known time: no words are better than wrong ones.
create or replace function prikke.describe_schedule(expression text, timezone text, seed text default null)
returns text
language plpgsql
stable parallel safe security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_masks prikke.cron_masks := prikke.parse_cron(expression, seed);
  v_times text := prikke.describe_times(v_masks);
  v_days  text := prikke.describe_days(v_masks);
  v_words text;
begin
  if not prikke.is_time_zone(timezone) then
    perform prikke.refuse_timezone(timezone);
  elsif expression is null or timezone is null or seed is null and upper(expression) ~ '(^|[\s,])H' then
    return null;
  elsif prikke.next_run(v_masks, timezone, prikke.clock()) is null then
    return 'Never';
  end if;

  v_words := case
    when v_times ~ '^at (minute|second)' and v_days is null then v_times
    when v_times ~ '^at ' then coalesce(case when left(v_days, 3) = 'in ' then 'daily ' else '' end || v_days, 'daily') || ' ' || v_times
    when left(v_days, 3) = 'in ' then v_times || ' ' || v_days
    else v_times || coalesce(' on ' || v_days, '')
  end;
  return upper(left(v_words, 1)) || substr(v_words, 2) || ', ' || timezone;
end
$$;

comment on function prikke.describe_schedule(text, text, text) is
  'A cron expression and its time zone in words; null for H without a seed. Example: select prikke.describe_schedule(''0 9 * * 1-5'', ''Europe/Oslo'');';
