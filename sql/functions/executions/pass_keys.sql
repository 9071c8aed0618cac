-- Of locked candidates, those that may go: one at a time per ordering key, and per job unless its overlap is allow.
-- A key is looked at under a transaction lock that is only tried, in a later statement than the lock, so that what
-- another runner has just claimed is seen. Who stands behind a busy key is parked; who could not be looked at stays ready.
create or replace function prikke.pass_keys(p_organizations uuid[], p_ids uuid[], p_jobs uuid[])
returns table (organization_id uuid, id uuid, job_id uuid)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
#variable_conflict use_column
declare
  v_ids uuid[];
  v_parked uuid[];
begin
  -- At most 100 keys a call: transaction locks live in shared memory.
  select array_agg(x.id)
  into v_ids
  from (
    select w.organization_id, w.id, w.ordering_key, w.exclusive, w.job_id
    from unnest(p_organizations, p_ids) with ordinality as c (organization_id, id, number)
    join prikke.live_execution as w on w.organization_id = c.organization_id and w.id = c.id
    where w.exclusive
       or w.ordering_key is not null
    order by c.number
    limit 100
  ) as x
  where (x.ordering_key is null or prikke.try_key(x.organization_id, 'ordering_key', x.ordering_key))
    and (not x.exclusive or prikke.try_key(x.organization_id, 'overlap', x.job_id::text));

  with looked as (
    select w.organization_id, w.id,
      case
        when w.ordering_key is not null and (
          exists (
            select
            from prikke.stopped_key as k
            where k.organization_id = w.organization_id
              and k.ordering_key = w.ordering_key)
          or exists (
            select
            from prikke.live_execution as s
            where s.organization_id = w.organization_id
              and s.ordering_key = w.ordering_key
              and s.claim_number > 0
              and s.id <> w.id)
          or (w.claim_number = 0 and w.id <> (
            select f.id
            from prikke.live_execution as f
            where f.organization_id = w.organization_id
              and f.ordering_key = w.ordering_key
            order by f.scheduled_for, f.position
            limit 1)))
        then 'ordering_key'
        when w.exclusive and (
          exists (
            select
            from prikke.live_execution as s
            where s.organization_id = w.organization_id
              and s.job_id = w.job_id
              and s.claim_number > 0
              and s.id <> w.id)
          or (w.claim_number = 0 and w.id <> (
            select f.id
            from prikke.live_execution as f
            where f.organization_id = w.organization_id
              and f.job_id = w.job_id
            order by f.scheduled_for, f.position
            limit 1)))
        then 'overlap'
      end as held_by
    from unnest(p_organizations, p_ids) as c (organization_id, id)
    join prikke.live_execution as w on w.organization_id = c.organization_id and w.id = c.id
    where w.id = any (v_ids)
  ), parked as (
    update prikke.live_execution as e
    set ready = false,
        held_by = l.held_by
    from looked as l
    where l.held_by is not null
      and e.organization_id = l.organization_id
      and e.id = l.id
    returning e.id
  )
  select array_agg(p.id)
  into v_parked
  from parked as p;

  return query
    select c.organization_id, c.id, c.job_id
    from unnest(p_organizations, p_ids, p_jobs) as c (organization_id, id, job_id)
    join prikke.live_execution as w on w.organization_id = c.organization_id and w.id = c.id
    where (not w.exclusive and w.ordering_key is null)
       or (w.id = any (v_ids) and w.id <> all (coalesce(v_parked, '{}')));
end
$$;

comment on function prikke.pass_keys is 'Of claimed candidates, those whose ordering key and job are free; the others are parked or left.';
