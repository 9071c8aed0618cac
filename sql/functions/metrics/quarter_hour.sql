-- The quarter hour an instant falls into.
create or replace function prikke.quarter_hour(p_at timestamptz)
returns timestamptz
language sql
immutable parallel safe
as $$
  select to_timestamp(floor(extract(epoch from p_at) / 900) * 900)
$$;

comment on function prikke.quarter_hour is 'Start of the quarter hour of an instant: the grain of tallies.';
