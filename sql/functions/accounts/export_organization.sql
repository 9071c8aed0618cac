-- Everything of the caller's organization, a row at a time, without what is sealed or hashed. Left out is only what the
-- engine notes down for itself for some seconds.
create or replace function prikke.export_organization()
returns table (kind text, item jsonb)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  c_passing constant name[] := '{job_change,job_outcome,execution_request,freed_key,host_outcome,breaker_event,tally_change,idempotency_key,send_key,binding}';
  v_organization_id constant uuid := prikke.current_organization();
  v_table name;
begin
  perform prikke.require_role('owner');
  return query
    select 'organization', prikke.shown_fields(to_jsonb(o))
    from prikke.organization as o
    where o.id = v_organization_id;
  return query
    select 'member', to_jsonb(m)
    from prikke.list_members() as m;
  for v_table in
    select c.relname
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
    where c.relnamespace = 'prikke'::regnamespace
      and c.relkind in ('r', 'p')
      and not c.relispartition
      and c.relname <> all (c_passing || '{organization,member}'::name[])
      and c.relname <> all (prikke.shared_tables())
    order by c.relname
  loop
    return query execute format(
      'select %1$L, prikke.shown_fields(to_jsonb(t)) - ''organization_id'' from prikke.%1$I as t where t.organization_id = $1', v_table)
    using v_organization_id;
  end loop;
end
$$;

comment on function prikke.export_organization is
  'All data of this organization as rows of JSON, without secrets; owners only. Example: select kind, item from prikke.export_organization();';
