-- Whole seconds in and out, since adding an interval to an instant would read the
-- session's TimeZone.
create or replace function prikke.wall_clock(p_timezone text, p_at bigint)
returns bigint
language sql
immutable strict parallel safe
as $$
  select date_part('epoch', timezone(p_timezone, to_timestamp(p_at)))::bigint
$$;

comment on function prikke.wall_clock(text, bigint) is
  'What a wall clock shows at an instant, as if it were UTC; both in seconds since 1970.';
