-- What a job was at each version that is still kept, newest first, and what each change was.
create or replace function prikke.list_versions(id uuid)
returns table (version integer, created_at timestamptz, superseded_at timestamptz, actor text, changes jsonb, job jsonb)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_hides constant boolean := prikke.hides_headers();
begin
  if not exists (
    select
    from prikke.job_definition as d
    where d.organization_id = v_organization_id
      and d.id = list_versions.id
      and d.deleted_at is null)
  then
    raise exception 'job % does not exist', list_versions.id using errcode = 'PK404', column = 'id';
  end if;
  return query
    select s.version, s.created_at, s.superseded_at, a.actor,
      case
        when s.changes is not null
        then jsonb_build_object('from', prikke.veil_fields(s.changes -> 'from', v_hides), 'to', prikke.veil_fields(s.changes -> 'to', v_hides))
      end,
      jsonb_set(s.fields, '{headers}', prikke.veil_headers(prikke.mask_headers(s.fields -> 'headers'), v_hides))
    from (
      select w.*, case when w.version > 1 then prikke.changed_fields(lag(w.fields) over (order by w.version), w.fields) end as changes
      from (
        select v.version, v.created_at, v.superseded_at,
          prikke.declared_fields(jsonb_populate_record(null::prikke.job_definition, to_jsonb(v) - 'settings' || v.settings)) as fields
        from prikke.job_version as v
        where v.organization_id = v_organization_id
          and v.job_id = list_versions.id
      ) as w
    ) as s
    left join lateral (
      select e.actor
      from prikke.audit_entry as e
      where e.organization_id = v_organization_id
        and e.subject_kind = 'job'
        and e.subject_id = list_versions.id::text
        and e.version = s.version
      limit 1
    ) as a on true
    order by s.version desc;
end
$$;

comment on function prikke.list_versions is
  'The versions of a job that are kept, newest first: who made each, what changed ({"from", "to"}), and the job as it was. Example: select version, actor, changes from prikke.list_versions(id => ''0198…'');';
