create or replace function prikke.mask_words(p_mask bigint, p_names text[] default null)
returns text
language sql
immutable parallel safe
as $$
  with value as (
    select n, n - row_number() over (order by n) as run
    from generate_series(0, 59) as n
    where p_mask >> n & 1 = 1
  ),
  piece as (
    select min(n) as first, max(n) as last
    from value
    group by run, case when (select count(*) from value as v where v.run = value.run) < 3 then n end
  )
  select prikke.join_words(array_agg(
    coalesce(p_names[first + 1], first::text) || case when last > first then ' to ' || coalesce(p_names[last + 1], last::text) else '' end
    order by first))
  from piece
$$;

comment on function prikke.mask_words(bigint, text[]) is
  'The numbers of the set bits in words, three in a row as a range; or the names at those places.';
