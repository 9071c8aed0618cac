-- The last runs of each of many jobs, newest first: one walk down an index for each.
create or replace function prikke.last_runs(job_ids uuid[], count integer default 30)
returns table (job_id uuid, id uuid, status text, scheduled_for timestamptz, finished_at timestamptz, status_code smallint, duration_ms integer)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_begins constant timestamptz := prikke.history_begins(v_organization_id);
  v_problems jsonb := '[]';
begin
  if not coalesce(count between 1 and 100, false) then
    v_problems := v_problems || prikke.problem('count', 'out_of_range', 'must lie between 1 and 100', '30 is usual.');
  end if;
  if cardinality(job_ids) > 1000 then
    v_problems := v_problems || prikke.problem('job_ids', 'too_many', 'has more than 1000 jobs');
  end if;
  perform prikke.refuse(v_problems);
  return query
    select j.id, e.id, e.status, e.scheduled_for, e.finished_at, e.status_code, e.duration_ms
    from unnest(job_ids) with ordinality as j (id, number)
    cross join lateral (
      select p.id, p.status, p.scheduled_for, p.finished_at, p.status_code, p.duration_ms
      from prikke.past_execution as p
      where p.organization_id = v_organization_id
        and p.job_id = j.id
        and p.finished_at > v_begins
      order by p.id desc
      limit count
    ) as e
    order by j.number, e.id desc;
end
$$;

comment on function prikke.last_runs is
  'The last ended runs of jobs, newest first, up to count of each. Example: select job_id, status, finished_at from prikke.last_runs(job_ids => ''{0198…}'', count => 30);';
