-- Folds finished executions into the state of their jobs, in order, one folder at a time. States locked by a tick are left
-- for the next call.
create or replace function prikke.fold_outcomes(p_limit integer default 5000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_folded integer;
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
      max(b.position) filter (where b.status = 'success') as last_success_position
    from batch as b
    group by b.organization_id, b.job_id
  ), locked as materialized (
    select s.organization_id, s.job_id, s.consecutive_failures
    from summary as m
    join prikke.job_state as s on s.organization_id = m.organization_id and s.job_id = m.job_id
    for update of s skip locked
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
    returning o.position
  )
  select count(*)
  into v_folded
  from removed;
  return v_folded;
end
$$;

comment on function prikke.fold_outcomes is 'Folds outcomes into job_state (last run, last success, failures in a row); answers how many.';
