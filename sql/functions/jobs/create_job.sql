-- Makes a job: what is sent, and when. The kind of schedule follows from the field given: cron, every, scheduled_at, none.
create or replace function prikke.create_job(
  name text,
  url text,
  cron text default null,
  every interval default null,
  scheduled_at timestamptz default null,
  timezone text default 'UTC',
  method text default 'GET',
  headers jsonb default null,
  body text default null,
  content_type text default null,
  key text default null,
  queue text default 'default',
  priority integer default 0,
  ordering_key text default null,
  enabled boolean default true,
  timeout_ms integer default 30000,
  max_attempts integer default null,
  backoff interval default '30 seconds',
  catch_up text default 'latest',
  catch_up_window interval default null,
  overlap text default null,
  completion text default 'response',
  expected_status text default null,
  expected_body text default null,
  on_success_url text default null,
  on_failure_url text default null,
  on_recovery_url text default null,
  notify jsonb default null
)
returns prikke.job
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_job prikke.job_definition;
begin
  perform prikke.require_role('member');
  v_job.organization_id := v_organization_id;
  v_job.id := prikke.new_id(v_now);
  v_job.key := key;
  v_job.name := btrim(name);
  v_job.url := url;
  v_job.method := method;
  v_job.headers := coalesce(headers, '{}');
  v_job.body := body;
  v_job.content_type := coalesce(content_type, prikke.guess_content_type(body));
  v_job.cron := cron;
  v_job.every := every;
  v_job.scheduled_at := scheduled_at;
  v_job.timezone := timezone;
  v_job.seed := coalesce(key, v_job.id::text);
  v_job.anchored_at := v_now;
  v_job.queue := queue;
  v_job.priority := greatest(least(priority, 101), -101);
  v_job.ordering_key := ordering_key;
  v_job.enabled := enabled;
  v_job.paused_by := case when not enabled then prikke.current_actor() end;
  v_job.paused_at := case when not enabled then v_now end;
  v_job.timeout_ms := timeout_ms;
  v_job.max_attempts := coalesce(max_attempts, case when scheduled_at is not null and cron is null and every is null then 5 else 3 end);
  v_job.backoff := backoff;
  v_job.catch_up := catch_up;
  v_job.catch_up_window := catch_up_window;
  v_job.overlap := coalesce(overlap, case when coalesce(cron, every::text, scheduled_at::text) is null then 'allow' else 'skip' end);
  v_job.completion := completion;
  v_job.expected_status := expected_status;
  v_job.expected_body := expected_body;
  v_job.on_success_url := on_success_url;
  v_job.on_failure_url := on_failure_url;
  v_job.on_recovery_url := on_recovery_url;
  v_job.notify := notify;
  v_job.version := 1;
  v_job.plan_version := 1;
  v_job.planned_at := v_now;
  v_job.created_at := v_now;
  v_job.updated_at := v_now;
  perform prikke.refuse(prikke.job_problems(v_job, true));
  return prikke.insert_job(v_job);
end
$$;

comment on function prikke.create_job is
  'Makes a job and returns it. Example: select id, next_run_at from prikke.create_job(name => ''Nightly'', url => ''https://example.com/nightly'', cron => ''0 3 * * *'', timezone => ''Europe/Oslo'');';
