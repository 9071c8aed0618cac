-- Schedules of jobs in words, by the seed that each job's H has. Words only for cron: the other kinds say it themselves.
create or replace function prikke.describe_jobs(ids uuid[])
returns table (job_id uuid, words text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.id, prikke.describe_schedule(d.cron, d.timezone, d.seed)
  from prikke.job_definition as d
  where d.organization_id = prikke.current_organization()
    and d.id = any (describe_jobs.ids)
    and d.deleted_at is null
    and d.cron is not null
$$;

comment on function prikke.describe_jobs is
  'The cron schedules of jobs in words, one row each. Example: select job_id, words from prikke.describe_jobs(ids => ''{0198…}'');';
