-- Makes a disabled copy of a job, without its key, to be changed and enabled.
create or replace function prikke.duplicate_job(id uuid, name text default null)
returns prikke.job
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_now constant timestamptz := prikke.clock();
  v_job prikke.job_definition;
begin
  perform prikke.require_role('member');
  select d.*
  into v_job
  from prikke.job_definition as d
  where d.organization_id = prikke.current_organization()
    and d.id = duplicate_job.id
    and d.deleted_at is null;
  if not found then
    raise exception 'job % does not exist', duplicate_job.id using errcode = 'PK404', column = 'id';
  end if;
  v_job.id := prikke.new_id(v_now);
  v_job.key := null;
  v_job.seed := v_job.id::text;
  v_job.name := coalesce(btrim(name), left(v_job.name, 193) || ' (copy)');
  v_job.enabled := false;
  v_job.paused_by := prikke.current_actor();
  v_job.pause_reason := 'copy';
  v_job.paused_at := v_now;
  v_job.version := 1;
  v_job.plan_version := 1;
  v_job.planned_at := v_now;
  v_job.created_at := v_now;
  v_job.updated_at := v_now;
  perform prikke.refuse(prikke.job_problems(v_job, false));
  return prikke.insert_job(v_job);
end
$$;

comment on function prikke.duplicate_job is 'Makes a disabled copy of a job without its key. Example: select id, name from prikke.duplicate_job(id => ''0198…'');';
