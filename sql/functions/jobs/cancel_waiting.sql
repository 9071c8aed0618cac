-- Cancels what waits of a deleted job; what runs may finish. False while something of it is still live, since a running
-- one may come back to wait for a retry.
create or replace function prikke.cancel_waiting(p_organization_id uuid, p_job_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select
    from prikke.job_definition as d
    where d.organization_id = p_organization_id
      and d.id = p_job_id
      and d.deleted_at is not null)
  then
    return true;
  end if;
  perform prikke.finish_executions(array_agg(w.organization_id), array_agg(w.id), 'cancelled', 'job_deleted')
  from (
    select e.organization_id, e.id
    from prikke.live_execution as e
    where e.organization_id = p_organization_id
      and e.job_id = p_job_id
      and e.status = 'pending'
    limit 1000
    for update skip locked
  ) as w
  having count(*) > 0;
  return not exists (
    select
    from prikke.live_execution as e
    where e.organization_id = p_organization_id
      and e.job_id = p_job_id);
end
$$;

comment on function prikke.cancel_waiting is 'Cancels waiting executions of a deleted job; false while any is live.';
