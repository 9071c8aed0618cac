-- Disables a job on the receiver's word (410). False while somebody is changing it: the next tick tries again.
create or replace function prikke.disable_job(p_organization_id uuid, p_job_id uuid, p_reason text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from prikke.job_definition as d
  where d.organization_id = p_organization_id
    and d.id = p_job_id
  for update skip locked;
  if not found then
    return not exists (
      select
      from prikke.job_definition as d
      where d.organization_id = p_organization_id
        and d.id = p_job_id);
  end if;
  update prikke.job_definition as d
  set enabled = false,
      paused_by = 'prikke',
      pause_reason = p_reason,
      paused_at = prikke.clock()
  where d.organization_id = p_organization_id
    and d.id = p_job_id
    and d.enabled;
  if found and p_reason = 'gone' then
    perform prikke.note_transition(p_organization_id, 'gone', p_job_id);
  end if;
  return true;
end
$$;

comment on function prikke.disable_job is 'Disables a job for a reason of the engine''s; false: locked, to be tried again.';
