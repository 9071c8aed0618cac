-- The next due times of a job, of whatever kind its schedule is; none while it is disabled or set aside.
create or replace function prikke.upcoming_of_job(id uuid, count integer default 10)
returns table (scheduled_for timestamptz)
language plpgsql
stable
security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job prikke.job_definition;
begin
  scheduled_for := (prikke.get_job(upcoming_of_job.id)).next_run_at;
  if upcoming_of_job.count is null or upcoming_of_job.count not between 1 and 1000 then
    perform prikke.refuse(jsonb_build_array(prikke.problem('limit', 'out_of_range', 'must lie between 1 and 1000')));
  end if;
  select d.*
  into strict v_job
  from prikke.job_definition as d
  where d.organization_id = prikke.current_organization()
    and d.id = upcoming_of_job.id;
  for v_number in 1 .. upcoming_of_job.count loop
    exit when scheduled_for is null;
    return next;
    scheduled_for := prikke.next_due(
      v_job.schedule_type, v_job.masks, v_job.timezone, v_job.every, v_job.anchored_at, v_job.scheduled_at, scheduled_for);
  end loop;
end
$$;

comment on function prikke.upcoming_of_job is 'The next due times of a job, whatever its schedule. Example: select * from prikke.upcoming_of_job(id => ''0198…'', count => 5);';
