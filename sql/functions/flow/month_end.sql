-- When the month that plans count ends, in UTC.
create or replace function prikke.month_end(p_at timestamptz)
returns timestamptz
language sql
immutable
as $$
  select (date_trunc('month', p_at at time zone 'UTC') + interval '1 month') at time zone 'UTC'
$$;

comment on function prikke.month_end is 'End of the month of an instant, in UTC.';
