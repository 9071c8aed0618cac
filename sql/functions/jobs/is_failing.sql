-- Whether a job's last execution failed, or the engine had to set the job aside.
create or replace function prikke.is_failing(p_organization_id uuid, p_job_id uuid)
returns boolean
language sql
stable
as $$
  select coalesce((
    select s.consecutive_failures > 0 or s.set_aside_at is not null
    from prikke.job_state as s
    where s.organization_id = p_organization_id
      and s.job_id = p_job_id), false)
$$;

comment on function prikke.is_failing is 'Whether a job fails at present.';
