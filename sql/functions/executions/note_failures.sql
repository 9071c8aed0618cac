-- What else changes when executions ended without success: a queue may stop their ordering key, `gone` disables their job,
-- and what our own guard refused is counted.
create or replace function prikke.note_failures(p_executions jsonb)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with failed as materialized (
    select f.*
    from jsonb_to_recordset(p_executions) as f (
      organization_id uuid, id uuid, job_id uuid, kind text, queue text, ordering_key text, reason text)
  ), halted as (
    insert into prikke.stopped_key (organization_id, ordering_key, execution_id, stopped_at)
    select f.organization_id, f.ordering_key, f.id, prikke.clock()
    from failed as f
    join prikke.queue as q on q.organization_id = f.organization_id and q.name = f.queue
    where f.ordering_key is not null
      and q.after_failure = 'stop'
    on conflict do nothing
  ), switched_off as (
    insert into prikke.job_change (organization_id, job_id, kind, reason)
    select f.organization_id, f.job_id, 'disable', f.reason
    from failed as f
    where f.reason = 'gone'
      and f.job_id is not null
      and f.kind <> 'test'
  )
  insert into prikke.tally_change (
    organization_id, quarter_hour, job_id, queue, kind, status, count, first_attempts, duration_ms, durations_ms, latenesses_ms)
  select f.organization_id, prikke.quarter_hour(prikke.clock()), f.job_id, f.queue, f.kind, 'refused', count(*), 0, 0, '{}', '{}'
  from failed as f
  where f.reason = 'refused'
  group by 1, 2, 3, 4, 5, 6
$$;

comment on function prikke.note_failures is 'Does what follows when executions ended without success, beside their history.';
