-- Locks a job that is about to be changed, and notes at which version, for changes_of_job.
create or replace function prikke.lock_job(p_id uuid, p_expected_version integer default null)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job constant prikke.job_definition := prikke.own_job(p_id, p_expected_version);
begin
  perform set_config('prikke.locked_version', v_job.version::text, true);
  return v_job.version;
end
$$;

comment on function prikke.lock_job is 'Locks a job for the change that follows in this transaction; its version.';
