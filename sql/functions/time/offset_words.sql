-- An offset from UTC as people write it.
create or replace function prikke.offset_words(p_seconds bigint)
returns text
language sql
immutable strict parallel safe
as $$
  select format('UTC%s%s:%s', case when p_seconds < 0 then '−' else '+' end,
    to_char(abs(p_seconds) / 3600, 'FM00'), to_char(abs(p_seconds) / 60 % 60, 'FM00'))
$$;

comment on function prikke.offset_words is 'Seconds from UTC as UTC+01:00.';
