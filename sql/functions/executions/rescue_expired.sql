-- Takes back what a dead, frozen or cut-off runner holds. A lost lease raises `lost`, not `attempt`; the third in a row
-- ends the execution, so that a job which kills its runner cannot kill them all.
create or replace function prikke.rescue_expired(p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_organizations uuid[];
  v_ids uuid[];
  v_last boolean[];
  v_unanswered boolean[];
begin
  select array_agg(e.organization_id), array_agg(e.id), array_agg(e.lost >= 2), array_agg(e.runner_id is null)
  into v_organizations, v_ids, v_last, v_unanswered
  from (
    select w.organization_id, w.id, w.lost, w.runner_id
    from prikke.live_execution as w
    where w.status = 'running'
      and w.lease_ends_at < v_now
    order by w.lease_ends_at
    limit p_limit
    for update skip locked
  ) as e;
  if v_ids is null then
    return 0;
  end if;

  insert into prikke.tally_change (
    organization_id, quarter_hour, job_id, queue, kind, status, count, first_attempts, duration_ms, durations_ms, latenesses_ms)
  select w.organization_id, prikke.quarter_hour(v_now), w.job_id, w.queue, w.kind, 'lost', count(*), 0, 0, '{}', '{}'
  from unnest(v_organizations, v_ids, v_unanswered) as e (organization_id, id, unanswered)
  join prikke.live_execution as w on w.organization_id = e.organization_id and w.id = e.id
  where not e.unanswered
  group by w.organization_id, w.job_id, w.queue, w.kind;

  with back as (
    update prikke.live_execution as w
    set status = case when e.last then w.status else 'pending' end,
        ready = not e.last,
        lost = w.lost + 1,
        lease_ends_at = case when e.last then w.lease_ends_at end,
        error_message = 'the runner was lost'
    from unnest(v_organizations, v_ids, v_last, v_unanswered) as e (organization_id, id, last, unanswered)
    where not e.unanswered
      and w.organization_id = e.organization_id
      and w.id = e.id
    returning w.*
  )
  insert into prikke.past_attempt (organization_id, execution_id, claim_number, number, job_version, status, runner_id, claimed_at, finished_at, error_message)
  select b.organization_id, b.id, b.claim_number, b.attempt + 1, b.job_version, 'lost', b.runner_id, b.claimed_at, v_now, 'the runner was lost: its lease lapsed'
  from back as b;

  perform prikke.finish_executions(
    array_agg(e.organization_id), array_agg(e.id), 'failed', 'runner_lost', 'three runners in a row were lost while they delivered this')
  from unnest(v_organizations, v_ids, v_last, v_unanswered) as e (organization_id, id, last, unanswered)
  where e.last
    and not e.unanswered
  having count(*) > 0;

  perform prikke.finish_executions(
    array_agg(e.organization_id), array_agg(e.id), 'timeout', 'no_completion', 'the receiver did not report completion in time')
  from unnest(v_organizations, v_ids, v_unanswered) as e (organization_id, id, unanswered)
  where e.unanswered
  having count(*) > 0;

  return cardinality(v_ids);
end
$$;

comment on function prikke.rescue_expired is 'Takes back executions whose lease lapsed; answers how many. Runners only.';
