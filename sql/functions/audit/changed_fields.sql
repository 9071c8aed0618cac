-- What differs between two states of a thing that have the same fields, as {"from": {…}, "to": {…}} without secrets; null
-- when nothing does.
create or replace function prikke.changed_fields(p_from jsonb, p_to jsonb)
returns jsonb
language plpgsql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_changes jsonb;
begin
  select jsonb_build_object(
    'from', jsonb_object_agg(n.key, prikke.shown_value(n.key, p_from -> n.key)),
    'to', jsonb_object_agg(n.key, prikke.shown_value(n.key, n.value)))
  into v_changes
  from jsonb_each(p_to) as n
  where n.value is distinct from p_from -> n.key
  having count(*) > 0;
  return v_changes;
end
$$;

comment on function prikke.changed_fields is 'The fields that differ between two states, as {"from", "to"}, without secrets; null when none does.';
