-- Locks those of a runner's claims that it still holds: `locked`. Who is `held` but not locked is locked elsewhere just now;
-- who is not even held was taken over, cancelled or has ended.
create or replace function prikke.lock_claims(
  p_runner_id uuid,
  p_organizations uuid[],
  p_ids uuid[],
  p_claim_numbers integer[]
)
returns table (organization_id uuid, id uuid, held boolean, locked boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
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
      select w.id
      from asked as a
      join prikke.live_execution as w on w.organization_id = a.organization_id and w.id = a.id
      where a.held
        and w.claim_number = a.claim_number
        and w.status = 'running'
      for update of w skip locked
    )
    select a.organization_id, a.id, a.held, l.id is not null
    from asked as a
    left join locked as l on l.id = a.id;
end
$$;

comment on function prikke.lock_claims is 'Locks the claims that a runner still holds, without waiting; answers for each whether it is held and locked.';
