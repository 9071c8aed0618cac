-- Parses again the schedules that an older release parsed, in batches; install calls it until nothing is left. A job whose
-- text the present parser refuses keeps its masks and is left to its next change.
create or replace function prikke.reparse_schedules(p_limit integer default 10000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job record;
  v_count integer := 0;
begin
  for v_job in
    select d.organization_id, d.id, d.cron, d.seed
    from prikke.job_definition as d
    where d.schedule_type = 'cron'
      and (d.masks).version <> prikke.parser_version()
      and prikke.cron_problem(d.cron, 'UTC') is null
    order by d.organization_id, d.id
    limit p_limit
    for update skip locked
  loop
    update prikke.job_definition as d
    set masks = prikke.parse_cron(v_job.cron, v_job.seed)
    where d.organization_id = v_job.organization_id
      and d.id = v_job.id;
    insert into prikke.job_change (organization_id, job_id, kind, reason)
    values (v_job.organization_id, v_job.id, 'plan', 'parser');
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

comment on function prikke.reparse_schedules is 'Parses anew what an older parser parsed; answers how many jobs.';
