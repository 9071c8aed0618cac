-- Milliseconds between a due time and the beginning of its request; never less than none.
create or replace function prikke.lateness_ms(p_due_at timestamptz, p_started_at timestamptz)
returns integer
language sql
immutable parallel safe
as $$
  select least(greatest(date_part('epoch', p_started_at - p_due_at) * 1000, 0), 2147483647)::integer
$$;

comment on function prikke.lateness_ms is 'How late a request began, in milliseconds.';
