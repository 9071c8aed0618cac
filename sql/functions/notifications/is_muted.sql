-- Whether a snooze or a maintenance window holds back what there is to tell of a job, or of all (no job).
create or replace function prikke.is_muted(p_organization_id uuid, p_job_id uuid, p_at timestamptz)
returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
    from prikke.mute as m
    where m.organization_id = p_organization_id
      and m.kind in ('snooze', 'maintenance')
      and (m.job_id is null or m.job_id = p_job_id)
      and m.starts_at <= p_at
      and m.ends_at > p_at)
$$;

comment on function prikke.is_muted is 'Whether nothing is to be told of a job at an instant.';
