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
  ), extended as (
    update prikke.live_execution as w
    set lease_ends_at = prikke.clock() + p_lease
    from locked as l
    where w.organization_id = l.organization_id
      and w.id = l.id
    returning w.id
  )
  select a.id, case when x.id is not null then 'extended' when a.held then 'busy' else 'lost' end
  from asked as a
  left join extended as x on x.id = a.id
$$;

comment on function prikke.extend_leases is 'Begins leases anew; answers for each claim: extended, lost or busy. Runners only.';
