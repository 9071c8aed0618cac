-- Brings back a job deleted within seven days, planned from now. Its key must still be free.
create or replace function prikke.restore_job(id uuid)
returns prikke.job
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_job prikke.job_definition;
begin
  perform prikke.require_role('member');
  select d.*
  into v_job
  from prikke.job_definition as d
  where d.organization_id = prikke.current_organization()
    and d.id = restore_job.id
    and d.deleted_at > prikke.clock() - interval '7 days'
  for update;
  if not found then
    raise exception 'job % was not deleted within the last seven days', restore_job.id using errcode = 'PK404', column = 'id';
  end if;
  perform prikke.require_job_room(v_job.organization_id);
  v_job.deleted_at := null;
  return prikke.write_job(v_job);
end
$$;

comment on function prikke.restore_job is 'Brings back a job deleted within the last seven days. Example: select next_run_at from prikke.restore_job(id => ''0198…'');';
