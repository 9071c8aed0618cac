-- 15W: Friday before a Saturday, Monday after a Sunday, but never in another month:
-- 1W on a Saturday is Monday the 3rd, and a last day on a Sunday goes back to Friday.
create or replace function prikke.nearest_workdays(p_days bigint, p_weekday integer, p_length integer)
returns bigint
language sql
immutable strict parallel safe
as $$
  select coalesce(bit_or(1::bigint << case (p_weekday + day) % 7
    when 6 then case day when 0 then 2 else day - 1 end
    when 0 then case day when p_length - 1 then day - 2 else day + 1 end
    else day
  end), 0)
  from generate_series(0, p_length - 1) as day
  where p_days >> day & 1 = 1
$$;

comment on function prikke.nearest_workdays(bigint, integer, integer) is
  'Days from Monday to Friday nearest to each of p_days, as a mask, in a month that begins on p_weekday.';
