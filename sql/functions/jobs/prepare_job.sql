-- Before a job is written: parses its cron text, counts versions, fixes what is derived. A trigger, so that it holds for
-- whoever writes.
create or replace function prikke.prepare_job()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_replan boolean := tg_op = 'INSERT';
  v_last_due_at timestamptz;
begin
  new.schedule_type := case
    when new.cron is not null then 'cron'
    when new.every is not null then 'every'
    when new.scheduled_at is not null then 'once'
    else 'manual'
  end;
  new.host := prikke.url_host(new.url);
  if tg_op = 'UPDATE' then
    if to_jsonb(new) - '{masks,host,updated_at}'::text[] = to_jsonb(old) - '{masks,host,updated_at}'::text[] then
      return new;
    end if;
    v_replan := (new.schedule_type, new.cron, new.every, new.scheduled_at, new.timezone, new.enabled, new.deleted_at)
      is distinct from (old.schedule_type, old.cron, old.every, old.scheduled_at, old.timezone, old.enabled, old.deleted_at);
    new.version := old.version + 1;
    new.updated_at := prikke.clock();
    if new.enabled then
      new.paused_by := null;
      new.pause_reason := null;
      new.paused_at := null;
    end if;
  end if;
  if not v_replan then
    return new;
  end if;

  new.masks := case when new.cron is not null then prikke.parse_cron(new.cron, new.seed) end;
  new.anchored_at := case
    when new.every is null then new.created_at
    when new.scheduled_at is not null then new.scheduled_at
    else new.created_at
  end;
  new.interval_minutes := case new.schedule_type
    when 'cron' then prikke.schedule_interval_minutes(new.masks, new.timezone)
    when 'every' then greatest(floor(extract(epoch from new.every) / 60), 1)
  end;
  if tg_op = 'UPDATE' then
    new.plan_version := old.plan_version + 1;
    new.planned_at := prikke.clock();
    select s.last_due_at
    into v_last_due_at
    from prikke.job_state as s
    where s.organization_id = new.organization_id
      and s.job_id = new.id;
  end if;
  new.planned_next_at := prikke.planned_next(new, v_last_due_at);
  return new;
end
$$;

comment on function prikke.prepare_job is 'Trigger: derives schedule type, masks, interval, versions and the next run of a job that is being written.';
