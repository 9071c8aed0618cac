-- Queues an action hook: the execution as JSON to an address of its job. Each hook is one hop further than the execution it
-- tells of; the sixth is not sent, so that hooks which cause runs which cause hooks come to an end.
create or replace function prikke.queue_hook(
  p_job prikke.job_definition,
  p_execution_id uuid,
  p_finished_at timestamptz,
  p_event text,
  p_url text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  c_most_hops constant integer := 5;
  v_now constant timestamptz := prikke.clock();
  v_past prikke.past_execution;
begin
  if p_url is null then
    return;
  end if;
  select e.*
  into v_past
  from prikke.past_execution as e
  where e.organization_id = p_job.organization_id
    and e.id = p_execution_id
    and e.finished_at = p_finished_at;
  if not found then
    return;
  end if;
  if v_past.hop >= c_most_hops then
    perform prikke.note_transition(
      p_job.organization_id, 'hook_loop', p_job.id, null, p_execution_id,
      jsonb_build_object('event', p_event, 'hops', v_past.hop),
      format('hook_loop %s %s', p_job.id, v_now::date));
    return;
  end if;
  insert into prikke.live_execution (
    organization_id, id, kind, ready, queue, scheduled_for, due_at, max_attempts, url, method, headers, body, content_type,
    timeout_ms, backoff, completion, host, hop, created_at)
  values (
    p_job.organization_id, prikke.new_id(v_now), 'notification', true, 'notifications', v_now, v_now, 5, p_url, 'POST', '{}',
    -- A name or an error that reads like a secret's placeholder is no wish for the secret.
    replace(jsonb_build_object(
      'event', p_event,
      'job', jsonb_build_object('id', p_job.id, 'key', p_job.key, 'name', p_job.name),
      'execution', jsonb_build_object(
        'id', v_past.id, 'job_id', v_past.job_id, 'job_version', v_past.job_version, 'kind', v_past.kind, 'status', v_past.status,
        'scheduled_for', v_past.scheduled_for, 'started_at', v_past.started_at, 'finished_at', v_past.finished_at,
        'status_code', v_past.status_code, 'duration_ms', v_past.duration_ms, 'error_message', v_past.error_message,
        'attempt', v_past.attempt, 'max_attempts', v_past.max_attempts, 'queue', v_past.queue, 'reason', v_past.reason,
        'replay_of', v_past.replay_of))::text, '{{secret.', '\u007b{secret.'),
    'application/json', 30000, interval '30 seconds', 'response', prikke.url_host(p_url), v_past.hop + 1, v_now);
  perform prikke.wake_runners(v_now);
end
$$;

comment on function prikke.queue_hook is 'Queues one action hook of a job, unless hooks and runs have become a circle.';
