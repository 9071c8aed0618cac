-- The first due time of a job's present plan: later than the plan's beginning and than anything decided before.
create or replace function prikke.planned_next(p_job prikke.job_definition, p_last_due_at timestamptz)
returns timestamptz
language sql
stable
as $$
  select case when p_job.enabled and p_job.deleted_at is null then
    prikke.next_due(
      p_job.schedule_type, p_job.masks, p_job.timezone, p_job.every, p_job.anchored_at, p_job.scheduled_at,
      greatest(
        case p_job.schedule_type when 'once' then p_job.planned_at - interval '60 seconds' else p_job.planned_at end,
        p_last_due_at))
  end
$$;

comment on function prikke.planned_next is 'First due time of a job''s present plan; null when nothing is planned.';
