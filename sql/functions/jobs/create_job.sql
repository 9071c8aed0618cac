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
  v_id constant uuid := prikke.new_id(v_now);
  v_job prikke.job_definition;
begin
  perform prikke.require_role('member');
  -- In the order of the table's columns: fields assigned one by one cost twice as much.
  v_job := row(
    v_organization_id, v_id, key, btrim(name), url, method, coalesce(headers, '{}'), body,
    coalesce(content_type, prikke.guess_content_type(body)), null, cron, every, scheduled_at, timezone, null,
    coalesce(key, v_id::text), v_now, queue, greatest(least(priority, 101), -101), ordering_key,
    enabled, case when not enabled then prikke.current_actor() end, null, case when not enabled then v_now end, null,
    timeout_ms, coalesce(max_attempts, case when scheduled_at is not null and cron is null and every is null then 5 else 3 end),
    backoff, catch_up, catch_up_window,
    coalesce(overlap, case when coalesce(cron, every::text, scheduled_at::text) is null then 'allow' else 'skip' end),
    completion, expected_status, expected_body, on_success_url, on_failure_url, on_recovery_url, notify,
    null, 1, 1, v_now, null, v_now, v_now, null);
  perform prikke.refuse(prikke.job_problems(v_job, true));
  return prikke.insert_job(v_job);
end
$$;

comment on function prikke.create_job is
  'Makes a job and returns it. Example: select id, next_run_at from prikke.create_job(name => ''Nightly'', url => ''https://example.com/nightly'', cron => ''0 3 * * *'', timezone => ''Europe/Oslo'');';
