-- The definition of a living job of the caller's organization, locked for the change at hand; PK404 otherwise.
create or replace function prikke.own_job(p_id uuid, p_expected_version integer default null)
returns prikke.job_definition
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job prikke.job_definition;
begin
  select d.*
  into v_job
  from prikke.job_definition as d
  where d.organization_id = prikke.current_organization()
    and d.id = p_id
    and d.deleted_at is null
  for update;
  if not found then
    raise exception 'job % does not exist', p_id using errcode = 'PK404', column = 'id';
  end if;
  if p_expected_version <> v_job.version then
    raise exception 'job % is at version %, not %', p_id, v_job.version, p_expected_version
      using errcode = 'PK412', column = 'expected_version', hint = 'Read it again and repeat the change on what it is now.';
  end if;
  return v_job;
end
$$;

comment on function prikke.own_job is 'A job to be changed, locked; refuses what does not exist or has another version than expected.';
