-- Fields that do not exist, each as a problem with the nearest known name.
create or replace function prikke.unknown_fields(p_given jsonb, p_known text[])
returns jsonb
language sql
immutable parallel safe
as $$
  select coalesce(jsonb_agg(prikke.problem(k.name, 'unknown_field', 'is no field', 'Did you mean ' || prikke.nearest_name(k.name, p_known) || '?') order by k.name), '[]')
  from jsonb_object_keys(p_given) as k (name)
  where k.name <> all (p_known)
$$;

comment on function prikke.unknown_fields is 'One problem for each key that is not among the known fields.';
