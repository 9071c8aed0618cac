create or replace function prikke.join_words(p_words text[])
returns text
language sql
immutable parallel safe
as $$
  select coalesce(array_to_string(trim_array(p_words, 1), ', ') || case when cardinality(p_words) > 1 then ' and ' else '' end, '')
    || p_words[cardinality(p_words)]
$$;

comment on function prikke.join_words(text[]) is 'Words as a list in a sentence: a, b and c.';
