-- Writes a changed job that has been checked and locked.
create or replace function prikke.write_job(p_job prikke.job_definition)
returns prikke.job
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update prikke.job_definition as d
  set key = p_job.key,
      name = p_job.name,
      url = p_job.url,
      method = p_job.method,
      headers = p_job.headers,
      body = p_job.body,
      content_type = p_job.content_type,
      cron = p_job.cron,
      every = p_job.every,
      scheduled_at = p_job.scheduled_at,
      timezone = p_job.timezone,
      queue = p_job.queue,
      priority = p_job.priority,
      ordering_key = p_job.ordering_key,
      enabled = p_job.enabled,
      paused_by = p_job.paused_by,
      pause_reason = p_job.pause_reason,
      paused_at = p_job.paused_at,
      timeout_ms = p_job.timeout_ms,
      max_attempts = p_job.max_attempts,
      backoff = p_job.backoff,
      catch_up = p_job.catch_up,
      catch_up_window = p_job.catch_up_window,
      overlap = p_job.overlap,
      completion = p_job.completion,
      expected_status = p_job.expected_status,
      expected_body = p_job.expected_body,
      on_success_url = p_job.on_success_url,
      on_failure_url = p_job.on_failure_url,
      on_recovery_url = p_job.on_recovery_url,
      notify = p_job.notify,
      deleted_at = p_job.deleted_at
  where d.organization_id = p_job.organization_id
    and d.id = p_job.id;
  if p_job.deleted_at is not null then
    return null;
  end if;
  return prikke.get_job(p_job.id);
exception when unique_violation then
  perform prikke.refuse_key(p_job.organization_id, p_job.key);
end
$$;

comment on function prikke.write_job is 'Writes a changed job that has been checked and locked; answers it.';
