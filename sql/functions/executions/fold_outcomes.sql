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
  with batch as materialized (
    select o.*
    from prikke.job_outcome as o
    order by o.position
    limit p_limit
  ), summary as materialized (
    select b.organization_id, b.job_id,
      max(b.position) as last_position,
      max(b.position) filter (where b.status not in ('cancelled', 'missed')) as last_run_position,
      max(b.position) filter (where b.status = 'success') as last_success_position,
      bool_or(b.status in ('failed', 'timeout')) as failed
    from batch as b
    group by b.organization_id, b.job_id
  ), locked as materialized (
    select s.organization_id, s.job_id, s.consecutive_failures
    from summary as m
    join prikke.job_state as s on s.organization_id = m.organization_id and s.job_id = m.job_id
    for update of s skip locked
  ), notable as materialized (
    select l.organization_id, l.job_id, l.consecutive_failures
    from locked as l
    join summary as m on m.organization_id = l.organization_id and m.job_id = l.job_id
    where m.failed
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
  ), changed as (
    update prikke.job_state as s
    set last_run_at = coalesce(r.finished_at, s.last_run_at),
        last_status = coalesce(r.status, s.last_status),
        last_execution_id = coalesce(r.execution_id, s.last_execution_id),
        last_success_at = coalesce(k.finished_at, s.last_success_at),
        consecutive_failures = case when k.position is null then l.consecutive_failures else 0 end + (
          select count(*)
          from batch as f
          where f.organization_id = m.organization_id
            and f.job_id = m.job_id
            and f.status in ('failed', 'timeout')
            and f.position > coalesce(k.position, 0))
    from summary as m
    join locked as l on l.organization_id = m.organization_id and l.job_id = m.job_id
    left join batch as r on r.position = m.last_run_position
    left join batch as k on k.position = m.last_success_position
    where s.organization_id = m.organization_id
      and s.job_id = m.job_id
  ), removed as (
    delete from prikke.job_outcome as o
    using batch as b
    where o.organization_id = b.organization_id
      and o.position = b.position
      and (exists (
          select
          from locked as l
          where l.organization_id = b.organization_id
            and l.job_id = b.job_id)
        or not exists (
          select
          from prikke.job_state as s
          where s.organization_id = b.organization_id
            and s.job_id = b.job_id))
    returning o.*
  )
  select count(*),
    array_agg(r.organization_id order by r.position) filter (where n.job_id is not null),
    array_agg(r.job_id order by r.position) filter (where n.job_id is not null),
    array_agg(n.consecutive_failures order by r.position) filter (where n.job_id is not null),
    array_agg(r.execution_id order by r.position) filter (where n.job_id is not null),
    array_agg(r.status <> 'success' order by r.position) filter (where n.job_id is not null),
    array_agg(r.finished_at order by r.position) filter (where n.job_id is not null)
  into v_folded, v_organizations, v_jobs, v_before, v_executions, v_failed, v_finished
  from removed as r
  left join notable as n
    on n.organization_id = r.organization_id
    and n.job_id = r.job_id
    and r.status in ('success', 'failed', 'timeout');

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
