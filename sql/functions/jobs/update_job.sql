-- Changes the given fields of a job. Null leaves a field, `clear` empties; one kind of schedule given clears the others.
create or replace function prikke.update_job(
  id uuid,
  name text default null,
  url text default null,
  cron text default null,
  every interval default null,
  scheduled_at timestamptz default null,
  timezone text default null,
  method text default null,
  headers jsonb default null,
  body text default null,
  content_type text default null,
  key text default null,
  queue text default null,
  priority integer default null,
  ordering_key text default null,
  enabled boolean default null,
  timeout_ms integer default null,
  max_attempts integer default null,
  backoff interval default null,
  catch_up text default null,
  catch_up_window interval default null,
  overlap text default null,
  completion text default null,
  expected_status text default null,
  expected_body text default null,
  on_success_url text default null,
  on_failure_url text default null,
  on_recovery_url text default null,
  notify jsonb default null,
  clear text[] default '{}',
  expected_version integer default null
)
returns prikke.job
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  c_clearable constant text[] := '{key,headers,body,content_type,cron,every,scheduled_at,ordering_key,catch_up_window,expected_status,expected_body,on_success_url,on_failure_url,on_recovery_url,notify}';
  v_old constant prikke.job_definition := prikke.own_job(id, expected_version);
  v_job prikke.job_definition := v_old;
  v_problems jsonb := '[]';
  v_field text;
begin
  perform prikke.require_role('member');
  foreach v_field in array coalesce(clear, '{}') loop
    if v_field is null or v_field <> all (c_clearable) then
      v_problems := v_problems || prikke.problem('clear', 'unknown', format('"%s" cannot be emptied', v_field), array_to_string(c_clearable, ', '));
    end if;
  end loop;
  v_job.name := coalesce(btrim(name), v_old.name);
  v_job.url := coalesce(url, v_old.url);
  v_job.method := coalesce(method, v_old.method);
  v_job.headers := case when 'headers' = any (clear) then '{}' else coalesce(prikke.unmask_headers(headers, v_old.headers), v_old.headers) end;
  v_job.body := case when 'body' = any (clear) then null else coalesce(body, v_old.body) end;
  v_job.content_type := case
    when 'content_type' = any (clear) then prikke.guess_content_type(v_job.body)
    when content_type is not null then content_type
    when v_old.content_type is not distinct from prikke.guess_content_type(v_old.body) then prikke.guess_content_type(v_job.body)
    else v_old.content_type
  end;
  v_job.key := case when 'key' = any (clear) then null else coalesce(key, v_old.key) end;
  v_job.queue := coalesce(queue, v_old.queue);
  v_job.priority := greatest(least(coalesce(priority, v_old.priority), 101), -101);
  v_job.ordering_key := case when 'ordering_key' = any (clear) then null else coalesce(ordering_key, v_old.ordering_key) end;
  v_job.timezone := coalesce(timezone, v_old.timezone);
  v_job.cron := case
    when 'cron' = any (clear) then null
    when cron is not null then cron
    when every is null and scheduled_at is null then v_old.cron
  end;
  v_job.every := case
    when 'every' = any (clear) then null
    when every is not null then every
    when cron is null and (scheduled_at is null or v_old.every is not null) then v_old.every
  end;
  v_job.scheduled_at := case
    when 'scheduled_at' = any (clear) then null
    when scheduled_at is not null then scheduled_at
    when cron is null and (every is null or v_old.every is not null) then v_old.scheduled_at
  end;
  v_job.enabled := coalesce(enabled, v_old.enabled);
  if v_old.enabled and not v_job.enabled then
    v_job.paused_by := prikke.current_actor();
    v_job.paused_at := prikke.clock();
  end if;
  v_job.timeout_ms := coalesce(timeout_ms, v_old.timeout_ms);
  v_job.max_attempts := coalesce(max_attempts, v_old.max_attempts);
  v_job.backoff := coalesce(backoff, v_old.backoff);
  v_job.catch_up := coalesce(catch_up, v_old.catch_up);
  v_job.catch_up_window := case when 'catch_up_window' = any (clear) then null else coalesce(catch_up_window, v_old.catch_up_window) end;
  v_job.overlap := coalesce(overlap, v_old.overlap);
  v_job.completion := coalesce(completion, v_old.completion);
  v_job.expected_status := case when 'expected_status' = any (clear) then null else coalesce(expected_status, v_old.expected_status) end;
  v_job.expected_body := case when 'expected_body' = any (clear) then null else coalesce(expected_body, v_old.expected_body) end;
  v_job.on_success_url := case when 'on_success_url' = any (clear) then null else coalesce(on_success_url, v_old.on_success_url) end;
  v_job.on_failure_url := case when 'on_failure_url' = any (clear) then null else coalesce(on_failure_url, v_old.on_failure_url) end;
  v_job.on_recovery_url := case when 'on_recovery_url' = any (clear) then null else coalesce(on_recovery_url, v_old.on_recovery_url) end;
  v_job.notify := case when 'notify' = any (clear) then null else coalesce(notify, v_old.notify) end;
  perform prikke.refuse(v_problems || prikke.job_problems(
    v_job,
    (v_job.cron, v_job.every, v_job.scheduled_at, v_job.timezone) is distinct from (v_old.cron, v_old.every, v_old.scheduled_at, v_old.timezone)));
  return prikke.write_job(v_job);
end
$$;

comment on function prikke.update_job is
  'Changes the given fields of a job and returns it; clear empties fields, expected_version guards against a change in between. Example: select version from prikke.update_job(id => ''0198…'', cron => ''0 4 * * *'', clear => ''{body}'');';
