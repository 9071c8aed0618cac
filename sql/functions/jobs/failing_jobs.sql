-- The jobs of the caller's organization that fail at present, or that the engine had to set aside.
create or replace function prikke.failing_jobs()
returns uuid[]
language sql
stable
as $$
  select array(
    select s.job_id
    from prikke.job_state as s
    where s.organization_id = prikke.current_organization()
      and s.consecutive_failures > 0
    union
    select s.job_id
    from prikke.job_state as s
    where s.organization_id = prikke.current_organization()
      and s.set_aside_at is not null)
$$;

comment on function prikke.failing_jobs is 'Ids of the jobs that fail at present.';
