-- How late a due time may be and still simply go: half the interval, between 30 seconds and an hour.
create or replace function prikke.catch_up_grace(p_interval_minutes integer)
returns interval
language sql
immutable parallel safe
as $$
  select least(greatest(coalesce(p_interval_minutes, 0) * interval '30 seconds', interval '30 seconds'), interval '1 hour')
$$;

comment on function prikke.catch_up_grace is 'Lateness within which a due time is sent whatever the catch-up policy says.';
