-- Removes the rows of deleted organizations, so many of each table at a time, once nothing of them runs any more. The audit
-- goes last, then the organization itself.
create or replace function prikke.purge_organizations(p_limit integer)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id uuid;
  v_table name;
  v_left bigint;
  v_removed bigint := 0;
  v_rows bigint;
begin
  for v_organization_id in
    select o.id
    from prikke.organization as o
    where o.deleted_at is not null
      and not exists (
        select
        from prikke.live_execution as e
        where e.organization_id = o.id)
  loop
    v_left := 0;
    for v_table in
      select c.relname
      from pg_class as c
      join pg_attribute as a on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
      where c.relnamespace = 'prikke'::regnamespace
        and c.relkind in ('r', 'p')
        and not c.relispartition
      order by c.relname = 'audit_entry', c.relname
    loop
      execute format(
        'delete from prikke.%1$I as t where t.organization_id = $1 and t.ctid in ('
        'select x.ctid from prikke.%1$I as x where x.organization_id = $1 limit $2)', v_table)
      using v_organization_id, p_limit;
      get diagnostics v_rows = row_count;
      v_removed := v_removed + v_rows;
      v_left := v_left + (v_rows >= p_limit)::integer;
    end loop;
    if v_left = 0 then
      delete from prikke.organization as o
      where o.id = v_organization_id;
      -- That it went is on record nowhere else, and nobody is left to read it.
      delete from prikke.audit_entry as a
      where a.organization_id = v_organization_id;
    end if;
  end loop;
  return v_removed;
end
$$;

comment on function prikke.purge_organizations is 'Removes what deleted organizations left; answers how many rows.';
