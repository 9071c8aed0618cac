-- After a job was written: keeps the version, tells the engine of a new plan, wakes a runner that would sleep past it.
create or replace function prikke.record_job()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    insert into prikke.job_state (organization_id, job_id, plan_version, next_run_at)
    values (new.organization_id, new.id, new.plan_version, new.planned_next_at);
  elsif new.version = old.version then
    return null;
  else
    update prikke.job_version as v
    set superseded_at = new.updated_at
    where v.organization_id = new.organization_id
      and v.job_id = new.id
      and v.version = old.version;
    if new.plan_version > old.plan_version then
      insert into prikke.job_change (organization_id, job_id, kind)
      values (new.organization_id, new.id, 'plan');
    end if;
    if new.deleted_at is not null and old.deleted_at is null then
      insert into prikke.job_change (organization_id, job_id, kind)
      values (new.organization_id, new.id, 'cancel_waiting');
    end if;
  end if;

  insert into prikke.job_version (
    organization_id, job_id, version, url, method, headers, body, content_type, timeout_ms, max_attempts, backoff,
    completion, expected_status, expected_body, settings, created_at)
  values (
    new.organization_id, new.id, new.version, new.url, new.method, new.headers, new.body, new.content_type, new.timeout_ms, new.max_attempts, new.backoff,
    new.completion, new.expected_status, new.expected_body,
    to_jsonb(new) - '{organization_id,id,version,url,method,headers,body,content_type,timeout_ms,max_attempts,backoff,completion,expected_status,expected_body,masks,host,plan_version,planned_at,planned_next_at,created_at,updated_at}'::text[],
    new.updated_at);
  perform prikke.wake_runners(case when new.deleted_at is null then new.planned_next_at else '-infinity' end);
  return null;
end
$$;

comment on function prikke.record_job is 'Trigger: keeps each version of a job and notes for the engine what changed.';
