-- A heartbeat: leases of running claims begin anew. Who is `lost` was taken over, cancelled or has ended, and its request is
-- to be aborted; `busy` is locked just now and to be asked again.
create or replace function prikke.extend_leases(
  p_runner_id uuid,
  p_organizations uuid[],
  p_ids uuid[],
  p_claim_numbers integer[],
  p_lease interval default '30 seconds'
)
returns table (id uuid, state text)
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with claim as materialized (
    select c.*
    from prikke.lock_claims(p_runner_id, p_organizations, p_ids, p_claim_numbers) as c
  ), extended as (
    update prikke.live_execution as w
    set lease_ends_at = prikke.clock() + p_lease
    from claim as c
    where c.locked
      and w.organization_id = c.organization_id
      and w.id = c.id
  )
  select c.id, case when c.locked then 'extended' when c.held then 'busy' else 'lost' end
  from claim as c
$$;

comment on function prikke.extend_leases is 'Begins leases anew; answers for each claim: extended, lost or busy. Runners only.';
