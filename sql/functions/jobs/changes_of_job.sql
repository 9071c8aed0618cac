-- What changed of a job since lock_job in this transaction.
create or replace function prikke.changes_of_job(p_id uuid)
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select prikke.changed_fields(
    prikke.declared_fields(jsonb_populate_record(null::prikke.job_definition, to_jsonb(o) - 'settings' || o.settings)),
    prikke.declared_fields(d))
  from prikke.job_definition as d
  join prikke.job_version as o
    on o.organization_id = d.organization_id
    and o.job_id = d.id
    and o.version = current_setting('prikke.locked_version')::integer
  where d.organization_id = prikke.current_organization()
    and d.id = p_id
    and d.version > o.version
$$;

comment on function prikke.changes_of_job is 'The fields of a job that this transaction changed, as {"from", "to"}; null when none did.';
