create or replace function prikke.parser_version()
returns integer
language sql
immutable parallel safe
as $$
  select 1
$$;

comment on function prikke.parser_version() is
  'Version of parse_cron; raised when the same text would give other masks, so that install parses stored ones again.';
