-- What keeps a share of a plan's limit from being told twice in a month.
create or replace function prikke.usage_mark(p_percent integer)
returns text
language sql
stable
as $$
  select format('usage_%s %s', p_percent, to_char(prikke.clock() at time zone 'UTC', 'YYYY-MM'))
$$;

comment on function prikke.usage_mark is 'The mark under which a month''s share of a limit is told once.';
