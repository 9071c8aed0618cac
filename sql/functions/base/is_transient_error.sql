-- Errors that say nothing about the row at hand: conflicts, lack of resources, shutdown. They must never set a job aside.
create or replace function prikke.is_transient_error(p_sqlstate text)
returns boolean
language sql
immutable parallel safe
as $$
  select left(p_sqlstate, 2) in ('40', '53', '55', '57', '58', 'XX')
$$;

comment on function prikke.is_transient_error is 'Whether an SQLSTATE tells of the server''s state and not of the row''s.';
