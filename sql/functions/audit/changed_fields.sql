-- What differs between two states of a thing, as {"from": {…}, "to": {…}}, header by header masked; null when nothing
-- does. Fields named like what is sealed or hashed are never shown, only that they changed.
create or replace function prikke.changed_fields(p_from jsonb, p_to jsonb)
returns jsonb
language sql
immutable parallel safe
as $$
  select jsonb_build_object('from', jsonb_object_agg(f.name, f.old), 'to', jsonb_object_agg(f.name, f.new))
  from (
    select k.name,
      prikke.shown_value(k.name, p_from -> k.name) as old,
      prikke.shown_value(k.name, p_to -> k.name) as new
    from (select jsonb_object_keys(p_from) union select jsonb_object_keys(p_to)) as k (name)
    where coalesce(p_from -> k.name, 'null') <> coalesce(p_to -> k.name, 'null')
  ) as f
  having count(*) > 0
$$;

comment on function prikke.changed_fields is 'The fields that differ between two states, as {"from", "to"}, without secrets; null when none does.';
