-- What people declare of a job, by field name: all but what is derived, counted or learnt.
create or replace function prikke.declared_fields(p_job prikke.job_definition)
returns jsonb
language sql
stable
set timezone = 'UTC'
set intervalstyle = 'postgres'
as $$
  select to_jsonb(p_job) - '{organization_id,id,schedule_type,host,masks,seed,anchored_at,interval_minutes,version,plan_version,planned_at,planned_next_at,paused_at,created_at,updated_at,deleted_at}'::text[]
$$;

comment on function prikke.declared_fields is 'The fields of a job that people set, and who paused it and why, as JSON.';
