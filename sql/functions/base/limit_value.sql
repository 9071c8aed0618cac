-- A limit by name, as the operator set it, else its default (CONTRACT: Limits). In plpgsql, which keeps its plans.
create or replace function prikke.limit_value(p_name text, p_default bigint)
returns bigint
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce(
    (select (s.value ->> p_name)::bigint from prikke.setting as s where s.name = 'limits'),
    p_default);
end
$$;

comment on function prikke.limit_value is 'A limit: the operator''s PRIKKE_LIMIT_… as published, else the default given.';
