-- The next due times of a job of any kind.
create or replace function prikke.upcoming_job_runs(id uuid, count integer default 10)
returns setof timestamptz
language plpgsql
stable
security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_at timestamptz := (prikke.get_job(upcoming_job_runs.id)).next_run_at;
  v_job prikke.job_definition;
begin
  if not coalesce(count between 0 and 10000, false) then
    perform prikke.refuse(jsonb_build_array(prikke.problem('count', 'out_of_range', 'must lie between 0 and 10000', '10 is usual.')));
  end if;
  select d.*
  into v_job
  from prikke.job_definition as d
  where d.organization_id = prikke.current_organization()
    and d.id = upcoming_job_runs.id;
  for v_number in 1 .. count loop
    exit when v_at is null;
    return next v_at;
    v_at := prikke.next_due(v_job.schedule_type, v_job.masks, v_job.timezone, v_job.every, v_job.anchored_at, v_job.scheduled_at, v_at);
  end loop;
end
$$;

comment on function prikke.upcoming_job_runs is
  'The next due times of a job, whatever its kind of schedule; none when it is disabled or run on demand. Example: select * from prikke.upcoming_job_runs(id => ''0198…'', count => 5);';
