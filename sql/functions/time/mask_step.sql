create or replace function prikke.mask_step(p_mask bigint, p_size integer)
returns integer
language sql
immutable parallel safe
as $$
  select step
  from generate_series(1, p_size / 2) as step
  where p_size % step = 0
    and p_mask = (select sum(1::bigint << n) from generate_series(0, p_size - 1, step) as n)
$$;

comment on function prikke.mask_step(bigint, integer) is
  'The step of a mask that holds every nth of p_size, from 0 and evenly over the end; else null.';
