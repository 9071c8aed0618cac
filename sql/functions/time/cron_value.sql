create or replace function prikke.cron_value(p_text text, p_field integer)
returns integer
language sql
immutable parallel safe
as $$
  select case
    when ascii(p_text) between 48 and 57 then left(p_text, 4)::integer
    when length(p_text) <> 3 then null
    when p_field = 5 then (nullif(strpos('JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC', p_text), 0) + 3) / 4
    when p_field = 6 then (nullif(strpos('SUN MON TUE WED THU FRI SAT', p_text), 0) - 1) / 4
  end
$$;

comment on function prikke.cron_value(text, integer) is 'A number or the name of a month (field 5) or weekday (field 6) as a number; else null.';
