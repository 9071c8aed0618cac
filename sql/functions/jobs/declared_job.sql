-- The job that a declaration asks for: a field that is not there has its default, whatever the job had before. What a
-- declaration switched off it may switch on again; what a person or a receiver paused stays paused.
create or replace function prikke.declared_job(p_old prikke.job_definition, p_declared jsonb, p_organization_id uuid, p_now timestamptz)
returns prikke.job_definition
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  v_job prikke.job_definition := p_old;
  v_new record;
begin
  select *
  into v_new
  from jsonb_to_record(p_declared) as r (
    key text, name text, url text, method text, headers jsonb, body text, content_type text, cron text, every interval,
    scheduled_at timestamptz, timezone text, queue text, priority integer, ordering_key text, enabled boolean, timeout_ms integer,
    max_attempts integer, backoff interval, catch_up text, catch_up_window interval, overlap text, completion text,
    expected_status text, expected_body text, on_success_url text, on_failure_url text, on_recovery_url text, notify jsonb);

  if p_old.id is null then
    v_job.organization_id := p_organization_id;
    v_job.id := prikke.new_id(p_now);
    v_job.key := v_new.key;
    v_job.seed := coalesce(v_new.key, v_job.id::text);
    v_job.anchored_at := p_now;
    v_job.enabled := true;
    v_job.version := 1;
    v_job.plan_version := 1;
    v_job.planned_at := p_now;
    v_job.created_at := p_now;
    v_job.updated_at := p_now;
  end if;
  v_job.name := coalesce(btrim(v_new.name), v_new.key, '?');
  v_job.url := v_new.url;
  v_job.method := coalesce(v_new.method, 'GET');
  v_job.headers := coalesce(prikke.unmask_headers(nullif(v_new.headers, 'null'), p_old.headers), '{}');
  v_job.body := v_new.body;
  v_job.content_type := coalesce(v_new.content_type, prikke.guess_content_type(v_new.body));
  v_job.cron := v_new.cron;
  v_job.every := v_new.every;
  v_job.scheduled_at := v_new.scheduled_at;
  v_job.timezone := coalesce(v_new.timezone, 'UTC');
  v_job.queue := coalesce(v_new.queue, 'default');
  v_job.priority := greatest(least(coalesce(v_new.priority, 0), 101), -101);
  v_job.ordering_key := v_new.ordering_key;
  v_job.timeout_ms := coalesce(v_new.timeout_ms, 30000);
  v_job.max_attempts := coalesce(v_new.max_attempts, case when v_new.scheduled_at is not null and v_new.cron is null and v_new.every is null then 5 else 3 end);
  v_job.backoff := coalesce(v_new.backoff, '30 seconds');
  v_job.catch_up := coalesce(v_new.catch_up, 'latest');
  v_job.catch_up_window := v_new.catch_up_window;
  v_job.overlap := coalesce(v_new.overlap, case when coalesce(v_new.cron, v_new.every::text, v_new.scheduled_at::text) is null then 'allow' else 'skip' end);
  v_job.completion := coalesce(v_new.completion, 'response');
  v_job.expected_status := v_new.expected_status;
  v_job.expected_body := v_new.expected_body;
  v_job.on_success_url := v_new.on_success_url;
  v_job.on_failure_url := v_new.on_failure_url;
  v_job.on_recovery_url := v_new.on_recovery_url;
  v_job.notify := nullif(v_new.notify, 'null');
  if v_job.enabled and not coalesce(v_new.enabled, true) then
    v_job.enabled := false;
    v_job.paused_by := prikke.current_actor();
    v_job.pause_reason := 'sync';
    v_job.paused_at := p_now;
  elsif not v_job.enabled and coalesce(v_new.enabled, true) and v_job.pause_reason is not distinct from 'sync' then
    v_job.enabled := true;
    v_job.paused_by := null;
    v_job.pause_reason := null;
    v_job.paused_at := null;
  end if;
  return v_job;
end
$$;

comment on function prikke.declared_job is 'A job as a declaration has it, new or over the one that stands.';
