-- Deletes a job: its key is free at once, what waits is cancelled, what runs may finish. It can be restored for seven days.
create or replace function prikke.delete_job(id uuid)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job prikke.job_definition := prikke.own_job(delete_job.id);
begin
  perform prikke.require_role('member');
  v_job.deleted_at := prikke.clock();
  perform prikke.write_job(v_job);
  return v_job.id;
end
$$;

comment on function prikke.delete_job is 'Deletes a job and cancels what waits of it; restore_job brings it back for seven days. Example: select prikke.delete_job(id => ''0198…'');';
