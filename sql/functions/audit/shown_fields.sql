-- A thing as history may show it: fields that are set, headers masked, what is sealed or hashed hidden.
create or replace function prikke.shown_fields(p_row jsonb)
returns jsonb
language plpgsql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_shown jsonb := jsonb_strip_nulls(p_row);
  v_name text;
begin
  -- Few rows hold any of it, and most jobs no headers.
  if v_shown::text !~ '(?:sealed|hash|token|secret)": |headers": (?:[^{]|\{[^}])' then
    return v_shown;
  end if;
  for v_name in
    select k.name
    from jsonb_object_keys(v_shown) as k (name)
    where k.name ~ '(sealed|hash|token|secret|headers)$'
  loop
    v_shown := jsonb_set(v_shown, array[v_name], prikke.shown_value(v_name, v_shown -> v_name));
  end loop;
  return v_shown;
end
$$;

comment on function prikke.shown_fields is 'All fields of a row that are set, for audit, without secrets.';
