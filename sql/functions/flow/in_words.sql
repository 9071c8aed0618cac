-- An instant as sentences say it: UTC, to the second.
create or replace function prikke.in_words(p_at timestamptz)
returns text
language sql
stable
as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
$$;

comment on function prikke.in_words is 'An instant for a sentence, in UTC.';
