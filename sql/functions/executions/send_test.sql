-- Sends a request once, now, to see what answers: one attempt, counted by no plan and by no job, therefore so many an hour.
-- Of a job (job_id) masked headers get the stored values back.
create or replace function prikke.send_test(
  url text,
  body text default null,
  method text default 'GET',
  headers jsonb default null,
  content_type text default null,
  queue text default 'default',
  timeout_ms integer default 30000,
  expected_status text default null,
  expected_body text default null,
  job_id uuid default null
)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_id constant uuid := prikke.new_id(v_now);
  v_most constant bigint := prikke.limit_value('tests_per_hour', 200);
  v_wait interval;
begin
  perform prikke.require_role('member');
  if job_id is not null then
    select prikke.unmask_headers(headers, d.headers)
    into headers
    from prikke.job_definition as d
    where d.organization_id = v_organization_id
      and d.id = job_id
      and d.deleted_at is null;
    if not found then
      raise exception 'job % does not exist', job_id using errcode = 'PK404', column = 'job_id';
    end if;
  end if;
  perform prikke.refuse(
    prikke.request_problems(url, method, headers, body, content_type)
    || prikke.delivery_problems(queue, 0, null, timeout_ms, 1, '30 seconds', 'response', expected_status, expected_body));
  select s.wait
  into v_wait
  from prikke.spend_request('test:' || v_organization_id, v_most / 3600.0, v_most) as s;
  if v_wait is not null then
    raise exception 'an organization tries requests out at most % times an hour', v_most
      using errcode = 'PK429', constraint = 'too_many_tests', hint = 'Try again later.',
        detail = jsonb_build_object('retry_after_ms', ceil(extract(epoch from v_wait) * 1000), 'limit', v_most)::text;
  end if;
  insert into prikke.live_execution (
    organization_id, id, kind, ready, queue, scheduled_for, due_at, max_attempts,
    url, method, headers, body, content_type, timeout_ms, backoff, completion, expected_status, expected_body, host, created_at)
  values (
    v_organization_id, v_id, 'test', true, queue, v_now, v_now, 1,
    url, method, coalesce(headers, '{}'), body, coalesce(content_type, prikke.guess_content_type(body)),
    timeout_ms, '30 seconds', 'response', expected_status, expected_body, prikke.url_host(url), v_now);
  perform prikke.wake_runners(v_now);
  return v_id;
end
$$;

comment on function prikke.send_test is
  'Queues one request to see what answers, tried once and counted by no plan; returns its id, for get_execution. Example: select prikke.send_test(url => ''https://example.com/hook'', method => ''POST'', body => ''{"test": true}'');';
