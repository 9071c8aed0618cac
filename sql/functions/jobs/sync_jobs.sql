-- Makes the jobs that have a key what the list says: one transaction, by key, everything checked first. Jobs without a key
-- are never touched. A declaration is whole: what it leaves out has its default. A dry run does all of it and takes it back,
-- so that its answer is exact.
create or replace function prikke.sync_jobs(jobs jsonb, delete_removed boolean default false, dry_run boolean default false)
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_most constant bigint := prikke.limit_value('sync_jobs', 10000);
  v_item record;
  v_job prikke.job_definition;
  v_old prikke.job_definition;
  v_problems jsonb[] := '{}';
  v_wrong jsonb;
  v_keys text[] := '{}';
  v_created prikke.job_definition[] := '{}';
  v_changed prikke.job_definition[] := '{}';
  v_updated jsonb[] := '{}';
  v_unchanged text[] := '{}';
  v_answer jsonb;
begin
  perform prikke.require_role('member');
  if sync_jobs.jobs is null or jsonb_typeof(sync_jobs.jobs) <> 'array' then
    perform prikke.refuse(jsonb_build_array(prikke.problem('jobs', 'wrong_type', 'must be an array of objects', '[{"key": "nightly", "url": "https://…", "cron": "0 3 * * *"}]')));
  end if;
  if jsonb_array_length(sync_jobs.jobs) > v_most then
    raise exception 'at most % jobs in one sync', v_most
      using errcode = 'PK413', column = 'jobs', hint = 'Send them in parts, without delete_removed.';
  end if;

  begin
    -- One sync of an organization at a time, so that two of them do not make the same key.
    perform pg_advisory_xact_lock(hashtextextended('prikke sync ' || v_organization_id, 0));
    perform from prikke.job_definition as d
    where d.organization_id = v_organization_id
      and d.key is not null
      and d.deleted_at is null
    order by d.key
    for update;

    for v_item in
      select i.number, i.clean, i.problems, d as old
      from prikke.declaration_problems(sync_jobs.jobs) as i
      left join prikke.job_definition as d
        on d.organization_id = v_organization_id
        and d.key = i.clean ->> 'key'
        and d.deleted_at is null
      order by i.number
    loop
      v_old := v_item.old;
      v_job := prikke.declared_job(v_old, v_item.clean, v_organization_id, v_now);
      v_wrong := v_item.problems;
      if v_job is distinct from v_old or v_wrong <> '[]' then
        v_wrong := v_wrong || (
          select coalesce(jsonb_agg(p.problem), '[]')
          from jsonb_array_elements(prikke.job_problems(
            v_job,
            v_old.id is null
            or (v_job.cron, v_job.every, v_job.scheduled_at, v_job.timezone) is distinct from (v_old.cron, v_old.every, v_old.scheduled_at, v_old.timezone))) as p (problem)
          where p.problem ->> 'field' not in (select f.problem ->> 'field' from jsonb_array_elements(v_wrong) as f (problem))
            and v_wrong -> 0 ->> 'field' is distinct from '');
      end if;
      if v_wrong <> '[]' then
        v_problems := v_problems || array(
          select p.problem || jsonb_build_object('field', concat_ws('.', format('jobs[%s]', v_item.number - 1), nullif(p.problem ->> 'field', '')))
          from jsonb_array_elements(v_wrong) as p (problem));
        continue;
      end if;

      v_keys := v_keys || v_job.key;
      if v_old.id is null then
        v_created := v_created || v_job;
      elsif v_job is distinct from v_old then
        v_changed := v_changed || v_job;
        v_updated := v_updated || (
          jsonb_build_object('key', v_job.key, 'id', v_job.id)
          || prikke.changed_fields(prikke.declared_fields(v_old), prikke.declared_fields(v_job)));
      else
        v_unchanged := v_unchanged || v_job.key;
      end if;
    end loop;
    perform prikke.refuse(to_jsonb(v_problems));

    with removed as (
      update prikke.job_definition as d
      set deleted_at = v_now
      where sync_jobs.delete_removed
        and d.organization_id = v_organization_id
        and d.key is not null
        and d.key not in (select unnest(v_keys))
        and d.deleted_at is null
      returning d.key, d.id, d.name
    )
    select jsonb_build_object('deleted', coalesce(jsonb_agg(jsonb_build_object('key', r.key, 'id', r.id, 'name', r.name) order by r.key), '[]'))
    into v_answer
    from removed as r;

    update prikke.job_definition as d
    set name = c.name,
        url = c.url,
        method = c.method,
        headers = c.headers,
        body = c.body,
        content_type = c.content_type,
        cron = c.cron,
        every = c.every,
        scheduled_at = c.scheduled_at,
        timezone = c.timezone,
        queue = c.queue,
        priority = c.priority,
        ordering_key = c.ordering_key,
        enabled = c.enabled,
        paused_by = c.paused_by,
        pause_reason = c.pause_reason,
        paused_at = c.paused_at,
        timeout_ms = c.timeout_ms,
        max_attempts = c.max_attempts,
        backoff = c.backoff,
        catch_up = c.catch_up,
        catch_up_window = c.catch_up_window,
        overlap = c.overlap,
        completion = c.completion,
        expected_status = c.expected_status,
        expected_body = c.expected_body,
        on_success_url = c.on_success_url,
        on_failure_url = c.on_failure_url,
        on_recovery_url = c.on_recovery_url,
        notify = c.notify
    from unnest(v_changed) as c
    where d.organization_id = v_organization_id
      and d.id = c.id;

    perform prikke.require_job_room(v_organization_id, cardinality(v_created));
    insert into prikke.job_definition
    select c.*
    from unnest(v_created) as c;

    v_answer := v_answer || jsonb_build_object(
      'created', (
        select coalesce(jsonb_agg(jsonb_build_object('key', c.key, 'id', c.id, 'name', c.name) order by c.ordinality), '[]')
        from unnest(v_created) with ordinality as c),
      'updated', to_jsonb(v_updated),
      'unchanged', to_jsonb(v_unchanged),
      'jobs', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'key', j.key, 'id', j.id, 'version', j.version, 'enabled', j.enabled, 'paused_by', j.paused_by, 'next_run_at', j.next_run_at) order by k.number), '[]')
        from unnest(v_keys) with ordinality as k (key, number)
        join prikke.job as j on j.key = k.key),
      'forecast', (select coalesce(jsonb_agg(to_jsonb(f)), '[]') from prikke.forecast() as f));
    if sync_jobs.dry_run then
      raise exception 'taken back' using errcode = 'PKDRY';
    end if;
  exception
    when sqlstate 'PKDRY' then
      null;
    when unique_violation then
      raise exception 'somebody else made one of these keys at this moment'
        using errcode = 'PK409', column = 'jobs', hint = 'Sync again.';
    when lock_not_available then
      raise exception 'another change of these jobs has not ended yet'
        using errcode = 'PK409', column = 'jobs', hint = 'Sync again when it has.';
  end;
  return v_answer;
end
$$;

comment on function prikke.sync_jobs is
  'Makes the jobs with keys what the list says, all or none: new keys are made, others changed, those not in the list deleted if delete_removed says so; a job that a person paused stays paused. Answers created, updated with from and to, deleted, unchanged and jobs; dry_run changes nothing. Example: select prikke.sync_jobs(''[{"key": "nightly", "url": "https://example.com/nightly", "cron": "0 3 * * *"}]'', dry_run => true);';
