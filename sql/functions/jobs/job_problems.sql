-- Everything that is wrong with a job as declared: one look for all doors.
create or replace function prikke.job_problems(p_job prikke.job_definition, p_schedule_changed boolean)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_limits constant jsonb := prikke.limits();
  v_name_length constant bigint := coalesce((v_limits ->> 'name_length')::bigint, 200);
  v_key_length constant bigint := coalesce((v_limits ->> 'key_length')::bigint, 100);
  v_now constant timestamptz := prikke.clock();
  v_problems jsonb := prikke.request_problems(p_job.url, p_job.method, p_job.headers, p_job.body, p_job.content_type)
    || prikke.delivery_problems(
      p_job.queue, p_job.priority, p_job.ordering_key, p_job.timeout_ms, p_job.max_attempts, p_job.backoff, p_job.completion,
      p_job.expected_status, p_job.expected_body)
    || prikke.schedule_problems(p_job.cron, p_job.every, p_job.scheduled_at, p_job.timezone, p_schedule_changed, v_now);
  v_hook record;
begin
  if p_job.name is null or btrim(p_job.name) = '' or char_length(p_job.name) > v_name_length then
    v_problems := v_problems || prikke.problem('name', 'invalid', format('must have 1 to %s characters', v_name_length));
  elsif p_job.name ~ '[[:cntrl:]]' then
    v_problems := v_problems || prikke.problem('name', 'invalid', 'must have no control characters');
  end if;
  if p_job.key !~ '^[A-Za-z0-9._:-]+$' or char_length(p_job.key) > v_key_length then
    v_problems := v_problems || prikke.problem('key', 'invalid', format('must have 1 to %s of A-Z, a-z, 0-9 and . _ : -', v_key_length), 'For example "billing.nightly".');
  end if;
  if p_job.catch_up is null or p_job.catch_up not in ('latest', 'all', 'none') then
    v_problems := v_problems || prikke.problem('catch_up', 'unknown', format('"%s" is no way to catch up', p_job.catch_up), 'latest, all or none');
  end if;
  if p_job.catch_up_window is not null and p_job.catch_up_window not between interval '1 second' and interval '400 days' then
    v_problems := v_problems || prikke.problem('catch_up_window', 'out_of_range', 'must lie between 1 second and 400 days');
  end if;
  if p_job.overlap is null or p_job.overlap not in ('skip', 'queue_one', 'allow') then
    v_problems := v_problems || prikke.problem('overlap', 'unknown', format('"%s" is no way to overlap', p_job.overlap), 'skip, queue_one or allow');
  end if;
  if num_nonnulls(p_job.on_success_url, p_job.on_failure_url, p_job.on_recovery_url) > 0 then
    for v_hook in
      select h.field, h.url
      from (values ('on_success_url', p_job.on_success_url), ('on_failure_url', p_job.on_failure_url), ('on_recovery_url', p_job.on_recovery_url)) as h (field, url)
      where h.url is not null
    loop
      v_problems := v_problems || coalesce(prikke.check_url(v_hook.url, v_hook.field), '[]'::jsonb);
    end loop;
  end if;
  return v_problems || prikke.rules_problems(p_job.notify, 'notify', '{after,of,events,remind_every,recovery,quiet_hours,mute}');
end
$$;

comment on function prikke.job_problems is 'All that is wrong with a job; an empty array when nothing is. A past instant counts only where the schedule changed.';
