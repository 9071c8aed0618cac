-- Spelled as in Debian's cron, plus seconds in front, L, LW, 15W, 5#2, 5L and H.
-- What crons read in different ways is refused with the reason.
create or replace function prikke.parse_cron(expression text, seed text default null)
returns prikke.cron_masks
language plpgsql
immutable parallel safe
as $$
declare
  c_bits   constant float8 := 1.4426950408889634;  -- 1 / ln(2)
  c_groups constant bigint := 270549121;  -- the lowest bit of each of five groups of seven
  v_text   text := upper(btrim(translate(expression, E'\t\n\r\f\x0b', '     ')));
  v_fields text[];
  v_hash   bytea;
  v_masks  prikke.cron_masks;
begin
  if expression is null then
    return null;
  elsif length(v_text) > 500 then
    perform prikke.refuse_schedule('cron', 'too_long', 'The expression is longer than 500 characters.', null);
  elsif left(v_text, 1) = '@' then
    v_text := prikke.expand_cron_name(v_text);
  end if;

  v_fields := string_to_array(v_text, ' ');
  if cardinality(v_fields) <> 5 or v_fields[2] = '' or v_fields[3] = '' or v_fields[4] = '' then
    v_fields := array_remove(v_fields, '');
    if cardinality(v_fields) not in (5, 6) then
      perform prikke.refuse_cron_fields(v_fields);
    end if;
  end if;
  if strpos(v_text, 'H') > 0 then
    v_hash := sha256(convert_to(coalesce(seed, array_to_string(v_fields, ' ')), 'UTF8'));
  end if;
  if cardinality(v_fields) = 5 then
    v_fields := array_prepend('0', v_fields);
  end if;

  v_masks.version := prikke.parser_version();
  v_masks.wildcard := left(v_fields[2], 1) = '*' or left(v_fields[3], 1) = '*';
  v_masks.both_days := left(v_fields[4], 1) = '*' or left(v_fields[6], 1) = '*';
  v_masks.last_day := false;
  v_masks.last_workday := false;
  v_masks.nearest_days := 0;
  v_masks.last_weekdays := 0;
  v_masks.seconds := case v_fields[1] when '0' then 1 else prikke.parse_cron_field(v_fields[1], 1, v_hash) end;
  v_masks.minutes := prikke.parse_cron_field(v_fields[2], 2, v_hash);
  v_masks.hours := case v_fields[3] when '*' then 16777215 else prikke.parse_cron_field(v_fields[3], 3, v_hash) end;
  v_masks.months := case v_fields[5] when '*' then 8190 else prikke.parse_cron_field(v_fields[5], 5, v_hash) end;

  if v_fields[4] = '*' then
    v_masks.days := 2147483647;
  elsif v_fields[4] ~ '[LW]' then
    v_masks := prikke.parse_month_days(v_masks, v_fields[4], v_hash);
  else
    v_masks.days := prikke.parse_cron_field(v_fields[4], 4, v_hash) >> 1;
  end if;

  if v_fields[6] = '*' then
    v_masks.weekdays := 127 * c_groups;
  elsif v_fields[6] ~ '[L#]' then
    v_masks := prikke.parse_weekdays(v_masks, v_fields[6], v_hash);
  else
    v_masks.weekdays := prikke.parse_cron_field(v_fields[6], 6, v_hash);
    v_masks.weekdays := ((v_masks.weekdays & 127) | (v_masks.weekdays >> 7)) * c_groups;
  end if;

  v_masks.special_days := v_masks.last_day or v_masks.last_workday or v_masks.nearest_days <> 0;
  v_masks.weekly := v_masks.months = 8190 and v_masks.days = 2147483647 and v_masks.both_days
    and v_masks.weekdays % c_groups = 0 and v_masks.last_weekdays = 0;
  v_masks.first_in_hour := (ln(v_masks.minutes & -v_masks.minutes) * c_bits)::bigint * 60
    + (ln(v_masks.seconds & -v_masks.seconds) * c_bits)::bigint;
  v_masks.first_in_day := (ln(v_masks.hours & -v_masks.hours) * c_bits)::bigint * 3600 + v_masks.first_in_hour;

  return v_masks;
end
$$;

comment on function prikke.parse_cron(text, text) is
  'A cron expression as bit masks for next_run; raises PK422 with the reason for what it does not read. H takes its value from the seed, else from the expression.';
