-- How many seconds of a day before a given one a schedule's hours, minutes and seconds name, by counting bits.
create or replace function prikke.count_times(p_hours bigint, p_minutes bigint, p_seconds bigint, p_before integer)
returns bigint
language sql
immutable parallel safe
as $$
  select case when p_before >= 86400 then bit_count(p_hours::bit(24)) * bit_count(p_minutes::bit(60)) * bit_count(p_seconds::bit(60)) else
    bit_count((p_hours & ((1::bigint << p_before / 3600) - 1))::bit(24)) * bit_count(p_minutes::bit(60)) * bit_count(p_seconds::bit(60))
    + (p_hours >> p_before / 3600 & 1) * (
      bit_count((p_minutes & ((1::bigint << p_before / 60 % 60) - 1))::bit(60)) * bit_count(p_seconds::bit(60))
      + (p_minutes >> p_before / 60 % 60 & 1) * bit_count((p_seconds & ((1::bigint << p_before % 60) - 1))::bit(60)))
  end
$$;

comment on function prikke.count_times is 'How many times of a day before a second of it a schedule names.';
