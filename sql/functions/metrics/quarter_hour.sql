-- The quarter hour an instant falls into.
create or replace function prikke.quarter_hour(p_at timestamptz)
returns timestamptz
language sql
immutable parallel safe
as $$
  select date_bin(interval '15 minutes', p_at, timestamptz '2000-01-01 00:00:00+00')
$$;

comment on function prikke.quarter_hour is 'Start of the quarter hour of an instant: the grain of tallies.';
