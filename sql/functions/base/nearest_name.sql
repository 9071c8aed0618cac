-- The known name of the same letters in another order, else the one that shares most pairs of letters with a given one; null
-- when none does.
create or replace function prikke.nearest_name(p_given text, p_known text[])
returns text
language sql
immutable parallel safe
as $$
  select k.name
  from unnest(p_known) with ordinality as k (name, number)
  cross join lateral (
    select count(*) as shared
    from generate_series(1, greatest(char_length(k.name) - 1, 1)) as i (at)
    where position(lower(substr(k.name, i.at, 2)) in lower(p_given)) > 0
  ) as pairs
  cross join lateral (
    select array(select regexp_split_to_table(lower(k.name), '') as l order by l)
      = array(select regexp_split_to_table(lower(p_given), '') as l order by l) as same
  ) as letters
  where pairs.shared > 0
    or letters.same
  order by letters.same desc, pairs.shared::float8 / greatest(char_length(k.name), char_length(p_given)) desc, k.number
  limit 1
$$;

comment on function prikke.nearest_name is 'The known name nearest to a misspelt one.';
