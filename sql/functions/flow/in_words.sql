-- An instant as sentences say it, to the second: UTC, but on a page in the zone of the person who reads it.
create or replace function prikke.in_words(p_at timestamptz)
returns text
language sql
stable
as $$
  select to_char(p_at at time zone z.zone, 'YYYY-MM-DD HH24:MI:SS ') || z.zone
  from (select coalesce(nullif(current_setting('prikke.timezone', true), ''), 'UTC') as zone) as z
$$;

comment on function prikke.in_words is 'An instant for a sentence: in the zone that a page left in prikke.timezone, else in UTC.';
