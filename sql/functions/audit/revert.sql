-- Takes back one change of a job, a queue or the organization, by the same way as any other change: a job gets a new version, everything is
-- checked, and the audit says so. Refused where a field changed again since. Masked values come from the job's versions.
create or replace function prikke.revert(change uuid)
returns prikke.audit
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_entry prikke.audit_entry;
  v_later prikke.audit_entry;
  v_reverted prikke.audit;
begin
  perform prikke.require_role('member');
  select a.*
  into v_entry
  from prikke.audit_entry as a
  where a.organization_id = v_organization_id
    and a.id = revert.change;
  if not found then
    raise exception 'change % does not exist', revert.change using errcode = 'PK404', column = 'change';
  end if;
  if v_entry.subject_kind not in ('job', 'queue', 'organization')
     or (v_entry.subject_kind = 'organization' and v_entry.action <> 'update')
  then
    perform prikke.refuse(jsonb_build_array(prikke.problem(
      'change', 'not_revertible', format('is a change of a %s, which cannot be taken back', replace(v_entry.subject_kind, '_', ' ')),
      'Only changes of jobs, queues and the organization can.')));
  end if;

  select a.*
  into v_later
  from prikke.audit_entry as a
  where a.organization_id = v_organization_id
    and a.subject_kind = v_entry.subject_kind
    and a.subject_id = v_entry.subject_id
    and a.position > v_entry.position
    and (v_entry.before is null or v_entry.after is null
      or (a.before is not null and a.after is not null and a.before ?| array(select jsonb_object_keys(v_entry.before))))
  order by a.position
  limit 1;
  if found then
    raise exception 'this was changed again at %', to_char(v_later.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
      using errcode = 'PK409', column = 'change',
        hint = format('Revert the later change first: select prikke.revert(%L);', v_later.id);
  end if;

  if v_entry.subject_kind = 'queue' then
    perform prikke.revert_queue(v_entry);
  elsif v_entry.subject_kind = 'organization' then
    perform prikke.update_organization(
      name => v_entry.before ->> 'name',
      slug => v_entry.before ->> 'slug',
      tier => v_entry.before ->> 'tier',
      limits => v_entry.before -> 'limits',
      retention_days => case when v_entry.before ? 'retention_days' then coalesce((v_entry.before ->> 'retention_days')::integer, 0) end);
  elsif v_entry.before is null then
    perform prikke.delete_job(v_entry.subject_id::uuid);
  elsif v_entry.after is null then
    perform prikke.restore_job(v_entry.subject_id::uuid);
  else
    perform prikke.revert_job(v_entry);
  end if;

  select a.id, a.at, a.actor, a.actor_kind, a.action, a.subject_kind, a.subject_id, a.before, a.after, a.source
  into v_reverted
  from prikke.audit_entry as a
  where a.organization_id = v_organization_id
    and a.subject_kind = v_entry.subject_kind
    and a.subject_id = v_entry.subject_id
  order by a.position desc
  limit 1;
  return v_reverted;
end
$$;

comment on function prikke.revert is
  'Takes back one change of a job, a queue or the organization, unless the same fields changed again since; returns the new audit entry. Example: select action, before, after from prikke.revert(change => ''0198…'');';
