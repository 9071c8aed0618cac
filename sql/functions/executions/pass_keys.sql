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
  v_passed bigint[];
  v_keyed bigint[];
begin
  -- At most 100 keys a call: transaction locks live in shared memory.
  with candidate as materialized (
    select c.number, w.organization_id, w.ordering_key, w.exclusive, w.job_id
    from unnest(p_organizations, p_ids) with ordinality as c (organization_id, id, number)
    join prikke.live_execution as w on w.organization_id = c.organization_id and w.id = c.id
  )
  select
    (select array_agg(f.number) from candidate as f where not f.exclusive and f.ordering_key is null),
    array_agg(k.number)
  into v_passed, v_keyed
  from (
    select f.*
    from candidate as f
    where f.exclusive
       or f.ordering_key is not null
    order by f.number
    limit 100
  ) as k
  where (k.ordering_key is null or prikke.try_key(k.organization_id, 'ordering_key', k.ordering_key))
    and (not k.exclusive or prikke.try_key(k.organization_id, 'overlap', k.job_id::text));

  with looked as materialized (
    select n.number, w.organization_id, w.id,
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
          or (w.claim_number = 0 and exists (
            select
            from prikke.live_execution as f
            where f.organization_id = w.organization_id
              and f.ordering_key = w.ordering_key
              and (f.scheduled_for, f.position) < (w.scheduled_for, w.position))))
        then 'ordering_key'
        when w.exclusive and (
          exists (
            select
            from prikke.live_execution as s
            where s.organization_id = w.organization_id
              and s.job_id = w.job_id
              and s.claim_number > 0
              and s.id <> w.id)
          or (w.claim_number = 0 and exists (
            select
            from prikke.live_execution as f
            where f.organization_id = w.organization_id
              and f.job_id = w.job_id
              and (f.scheduled_for, f.position) < (w.scheduled_for, w.position))))
        then 'overlap'
      end as held_by
    from unnest(v_keyed) as n (number)
    join prikke.live_execution as w on w.organization_id = p_organizations[n.number] and w.id = p_ids[n.number]
  ), parked as (
    update prikke.live_execution as e
    set ready = false,
        held_by = l.held_by
    from looked as l
    where l.held_by is not null
      and e.organization_id = l.organization_id
      and e.id = l.id
  )
  select v_passed || array_agg(l.number)
  into v_passed
  from looked as l
  where l.held_by is null;

  return query
    select p_organizations[n.number], p_ids[n.number], p_jobs[n.number]
    from unnest(v_passed) as n (number)
    order by n.number;
end
$$;

comment on function prikke.pass_keys is 'Of claimed candidates, those whose ordering key and job are free; the others are parked or left.';
