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
  with claim as materialized (
    select c.*
    from prikke.lock_claims(p_runner_id, p_organizations, p_ids, p_claim_numbers) as c
  ), released as (
    update prikke.live_execution as w
    set status = 'pending',
        ready = true,
        runner_id = null,
        lease_ends_at = null
    from claim as c
    where c.locked
      and w.organization_id = c.organization_id
      and w.id = c.id
    returning w.id
  ), woken as (
    select prikke.wake_runners(prikke.clock())
    from (select from released limit 1) as any_released
  )
  select c.id, case when c.locked then 'released' when c.held then 'busy' else 'lost' end
  from claim as c
  left join woken on true
$$;

comment on function prikke.release_executions is 'Puts claims back uncounted; answers for each: released, lost or busy. Runners only.';
