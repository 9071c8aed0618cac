-- Turns due times of jobs into executions. The usual job (on time, nothing changed, nothing running) goes in one statement
-- for all; each other one by itself, so that a broken job is set aside alone and the others go on.
create or replace function prikke.enqueue_jobs(p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_usual integer := 0;
  v_organizations uuid[];
  v_jobs uuid[];
begin
  begin
    with due as materialized (
      select s.organization_id, s.job_id, s.next_run_at, s.plan_version, s.series_status
      from prikke.job_state as s
      where s.next_run_at <= v_now
      order by s.next_run_at
      limit p_limit
      for update skip locked
    ), looked as materialized (
      select due.organization_id, due.job_id, due.next_run_at, due.plan_version = d.plan_version and due.series_status is null as steady,
        d.schedule_type, d.interval_minutes, d.version, d.queue, d.priority, d.ordering_key, d.host, d.max_attempts, d.backoff, d.overlap,
        prikke.next_due(d.schedule_type, d.masks, d.timezone, d.every, d.anchored_at, d.scheduled_at, due.next_run_at) as following
      from due
      left join prikke.job_definition as d on d.organization_id = due.organization_id and d.id = due.job_id and d.enabled and d.deleted_at is null
    ), usual as materialized (
      select l.*
      from looked as l
      where l.steady
        and (l.following is null or l.following > v_now)
        and (l.schedule_type = 'once' or v_now - l.next_run_at <= prikke.catch_up_grace(l.interval_minutes))
        and (l.overlap = 'allow' or not exists (
          select
          from prikke.live_execution as e
          where e.organization_id = l.organization_id
            and e.job_id = l.job_id))
    ), queued as (
      insert into prikke.live_execution (
        organization_id, id, job_id, job_version, kind, ready, queue, priority, interval_class, scheduled_for, due_at,
        max_attempts, backoff, exclusive, ordering_key, host, created_at)
      select u.organization_id, prikke.scheduled_id(u.job_id, u.next_run_at), u.job_id, u.version, 'schedule', true, u.queue, u.priority,
        least(coalesce(u.interval_minutes, 0), 32767), u.next_run_at, u.next_run_at, u.max_attempts, u.backoff, u.overlap <> 'allow', u.ordering_key, u.host, v_now
      from usual as u
      on conflict do nothing
    ), moved as (
      update prikke.job_state as s
      set next_run_at = u.following,
          last_due_at = u.next_run_at
      from usual as u
      where s.organization_id = u.organization_id
        and s.job_id = u.job_id
      returning s.job_id
    )
    select (select count(*) from moved), array_agg(due.organization_id), array_agg(due.job_id)
    into v_usual, v_organizations, v_jobs
    from due
    where not exists (
      select
      from usual as u
      where u.organization_id = due.organization_id
        and u.job_id = due.job_id);
  exception when others then
    v_usual := 0;
    select array_agg(due.organization_id), array_agg(due.job_id)
    into v_organizations, v_jobs
    from (
      select s.organization_id, s.job_id
      from prikke.job_state as s
      where s.next_run_at <= v_now
      order by s.next_run_at
      limit p_limit
      for update skip locked
    ) as due;
  end;

  if v_jobs is not null then
    perform prikke.enqueue_job(j.organization_id, j.job_id)
    from unnest(v_organizations, v_jobs) as j (organization_id, job_id);
  end if;
  return v_usual + coalesce(cardinality(v_jobs), 0);
end
$$;

comment on function prikke.enqueue_jobs is 'Makes executions of due jobs; answers how many jobs it looked at.';
