-- Sum of two histograms, element by element.
create or replace function prikke.add_arrays(p_left bigint[], p_right bigint[])
returns bigint[]
language sql
immutable parallel safe
as $$
  select array_agg(coalesce(l.count, 0) + coalesce(r.count, 0) order by i.number)
  from generate_series(1, greatest(cardinality(p_left), cardinality(p_right))) as i (number)
  cross join lateral (select p_left[i.number]) as l (count)
  cross join lateral (select p_right[i.number]) as r (count)
$$;

comment on function prikke.add_arrays is 'Two histograms as one.';
