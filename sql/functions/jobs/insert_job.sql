-- Writes a checked job. Its key must be free among living jobs of the organization. As a row of a query the job is taken
-- apart once, where p_job.* would do it for each of its fields.
create or replace function prikke.insert_job(p_job prikke.job_definition)
returns prikke.job
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform prikke.require_job_room(p_job.organization_id);
  insert into prikke.job_definition
  select j.*
  from unnest(array[p_job]) as j
  on conflict (organization_id, key) where key is not null and deleted_at is null do nothing;
  if not found then
    perform prikke.refuse_key(p_job.organization_id, p_job.key);
  end if;
  return prikke.get_job(p_job.id);
end
$$;

comment on function prikke.insert_job is 'Writes a job that has been checked; refuses a key that is taken.';
