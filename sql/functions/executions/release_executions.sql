-- Hands back what a stopping runner did not deliver. Counts neither as attempt nor as lost.
create or replace function prikke.release_executions(
  p_runner_id uuid,
  p_organizations uuid[],
  p_ids uuid[],
  p_claim_numbers integer[]
)
returns table (id uuid, state text)
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with asked as materialized (
    select a.organization_id, a.id, a.claim_number, w.id is not null as held
    from unnest(p_organizations, p_ids, p_claim_numbers) as a (organization_id, id, claim_number)
    left join prikke.live_execution as w
      on w.organization_id = a.organization_id
      and w.id = a.id
      and w.claim_number = a.claim_number
      and w.runner_id = p_runner_id
      and w.status = 'running'
  ), locked as materialized (
    select w.organization_id, w.id
    from asked as a
    join prikke.live_execution as w on w.organization_id = a.organization_id and w.id = a.id
    where a.held
      and w.claim_number = a.claim_number
      and w.status = 'running'
    for update of w skip locked
  ), released as (
    update prikke.live_execution as w
    set status = 'pending',
        ready = true,
        runner_id = null,
        lease_ends_at = null
    from locked as l
    where w.organization_id = l.organization_id
      and w.id = l.id
    returning w.id
  ), woken as (
    select prikke.wake_runners(prikke.clock())
    from (select from released limit 1) as any_released
  )
  select a.id, case when x.id is not null then 'released' when a.held then 'busy' else 'lost' end
  from asked as a
  left join released as x on x.id = a.id
  left join woken on true
$$;

comment on function prikke.release_executions is 'Puts claims back uncounted; answers for each: released, lost or busy. Runners only.';
