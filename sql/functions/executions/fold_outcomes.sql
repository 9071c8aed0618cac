-- Folds finished executions into the state of their jobs, in order, one folder at a time. States locked by a tick are left
-- for the next call. Outcomes that people or hooks may want to hear of go to judge_job on the way.
create or replace function prikke.fold_outcomes(p_limit integer default 5000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_folded integer;
  v_organizations uuid[];
  v_jobs uuid[];
  v_before integer[];
  v_executions uuid[];
  v_failed boolean[];
  v_finished timestamptz[];
begin
  perform prikke.fold_watch_failures(p_limit);
  if not exists (select from prikke.job_outcome) or not pg_try_advisory_xact_lock(1886546795, 3) then
    return 0;
  end if;
  -- The table is empty as a rule and planned for as such, so nothing here is joined that an index or a place does not find.
  with batch as materialized (
    select o.*, max(o.position) filter (where o.status = 'success') over (partition by o.organization_id, o.job_id) as last_success
    from (
      select x.*, x.ctid as place
      from prikke.job_outcome as x
      order by x.position
      limit p_limit
    ) as o
  ), summary as materialized (
    select b.organization_id, b.job_id, array_agg(b.place) as places,
      (array_agg(b.finished_at order by b.position desc) filter (where b.status not in ('cancelled', 'missed')))[1] as run_at,
      (array_agg(b.status order by b.position desc) filter (where b.status not in ('cancelled', 'missed')))[1] as status,
      (array_agg(b.execution_id order by b.position desc) filter (where b.status not in ('cancelled', 'missed')))[1] as execution_id,
      (array_agg(b.finished_at order by b.position desc) filter (where b.status = 'success'))[1] as success_at,
      count(*) filter (where b.status in ('failed', 'timeout') and b.position > coalesce(b.last_success, 0)) as failures,
      bool_or(b.status in ('failed', 'timeout')) as failed,
      array_agg(b.execution_id order by b.position) filter (where b.status in ('success', 'failed', 'timeout')) as executions,
      array_agg(b.status <> 'success' order by b.position) filter (where b.status in ('success', 'failed', 'timeout')) as outcomes,
      array_agg(b.finished_at order by b.position) filter (where b.status in ('success', 'failed', 'timeout')) as finished
    from batch as b
    group by b.organization_id, b.job_id
  ), locked as materialized (
    select m.*, s.consecutive_failures
    from summary as m
    join prikke.job_state as s on s.organization_id = m.organization_id and s.job_id = m.job_id
    for update of s skip locked
  ), changed as (
    update prikke.job_state as s
    set last_run_at = coalesce(l.run_at, s.last_run_at),
        last_status = coalesce(l.status, s.last_status),
        last_execution_id = coalesce(l.execution_id, s.last_execution_id),
        last_success_at = coalesce(l.success_at, s.last_success_at),
        consecutive_failures = case when l.success_at is null then l.consecutive_failures else 0 end + l.failures
    from locked as l
    where s.organization_id = l.organization_id
      and s.job_id = l.job_id
  ), removed as (
    delete from prikke.job_outcome as o
    where o.ctid = any (array(
      select unnest(l.places)
      from locked as l
      union all
      select unnest(m.places)
      from summary as m
      where not exists (
        select
        from prikke.job_state as s
        where s.organization_id = m.organization_id
          and s.job_id = m.job_id)))
    returning o.position
  ), notable as (
    select l.*, o.*
    from locked as l
    cross join unnest(l.executions, l.outcomes, l.finished) as o (execution, has_failed, ended_at)
    where l.failed
       or l.consecutive_failures > 0
       or exists (
         select
         from prikke.job_health as h
         where h.organization_id = l.organization_id
           and h.job_id = l.job_id)
       or exists (
         select
         from prikke.job_definition as d
         where d.organization_id = l.organization_id
           and d.id = l.job_id
           and d.on_success_url is not null)
  )
  select (select count(*) from removed), array_agg(n.organization_id), array_agg(n.job_id), array_agg(n.consecutive_failures),
    array_agg(n.execution), array_agg(n.has_failed), array_agg(n.ended_at)
  into v_folded, v_organizations, v_jobs, v_before, v_executions, v_failed, v_finished
  from notable as n;

  perform prikke.judge_job(
    o.organization_id, o.job_id, min(o.before), array_agg(o.execution_id order by o.number), array_agg(o.failed order by o.number),
    array_agg(o.finished_at order by o.number))
  from unnest(v_organizations, v_jobs, v_before, v_executions, v_failed, v_finished) with ordinality
    as o (organization_id, job_id, before, execution_id, failed, finished_at, number)
  group by o.organization_id, o.job_id;
  return v_folded;
end
$$;

comment on function prikke.fold_outcomes is 'Folds outcomes into job_state (last run, last success, failures in a row); answers how many.';
