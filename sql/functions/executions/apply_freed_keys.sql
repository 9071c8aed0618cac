-- Looks again at keys that could not be looked at when their holder left.
create or replace function prikke.apply_freed_keys(p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_freed record;
  v_count integer := 0;
begin
  for v_freed in
    with taken as (
      select f.organization_id, f.position
      from prikke.freed_key as f
      order by f.position
      limit p_limit
      for update skip locked
    ), removed as (
      delete from prikke.freed_key as f
      using taken as t
      where f.organization_id = t.organization_id
        and f.position = t.position
      returning f.organization_id, f.held_by, f.key
    )
    select distinct r.organization_id, r.held_by, r.key
    from removed as r
  loop
    if prikke.free_key(v_freed.organization_id, v_freed.held_by, v_freed.key) then
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end
$$;

comment on function prikke.apply_freed_keys is 'Readies executions behind keys noted as freed; answers how many keys.';
