-- Puts the fields of one change of a job back to what they were before it.
create or replace function prikke.revert_job(p_entry prikke.audit_entry)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_old constant prikke.job_definition := prikke.own_job(p_entry.subject_id::uuid);
  v_job prikke.job_definition := jsonb_populate_record(v_old, p_entry.before);
  v_version prikke.job_version;
begin
  if v_job.headers::text ~ '••••••' then
    select v.*
    into v_version
    from prikke.job_version as v
    where v.organization_id = v_old.organization_id
      and v.job_id = v_old.id
      and v.version = p_entry.version - 1;
    if not found then
      raise exception 'the masked headers of that time are no longer kept'
        using errcode = 'PK409', column = 'change', hint = 'Change the headers with update_job.';
    end if;
    v_job.headers := prikke.unmask_headers(v_job.headers, v_version.headers);
  end if;
  if v_old.enabled and not v_job.enabled then
    v_job.paused_by := prikke.current_actor();
    v_job.paused_at := prikke.clock();
  end if;
  perform prikke.refuse(prikke.job_problems(
    v_job,
    (v_job.cron, v_job.every, v_job.scheduled_at, v_job.timezone) is distinct from (v_old.cron, v_old.every, v_old.scheduled_at, v_old.timezone)));
  perform prikke.write_job(v_job);
end
$$;

comment on function prikke.revert_job is 'Writes a job with the fields of one change as they were before.';
