-- After executions stopped running: readies as many of those that a cap of their lane, host or organization held. Where
-- another runner is looking at it, a note is left for the next tick.
create or replace function prikke.free_slots(p_organizations uuid[], p_queues text[], p_hosts text[])
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_slot record;
begin
  -- Mostly there is no cap at all, which is sooner known than what would be free.
  if not exists (
      select
      from prikke.queue as q
      where q.organization_id = any (p_organizations)
        and q.max_running is not null)
    and not exists (
      select
      from prikke.organization as o
      where o.id = any (p_organizations)
        and o.limits ? 'max_running')
    and not prikke.host_cap_applies()
  then
    return;
  end if;
  for v_slot in
    with left_over as materialized (
      select s.organization_id, s.queue, s.host, count(*) as freed
      from unnest(p_organizations, p_queues, p_hosts) as s (organization_id, queue, host)
      group by 1, 2, 3
    )
    select l.organization_id, 'max_running' as held_by, l.queue as key, 'lane' as kind, sum(l.freed)::bigint as freed
    from left_over as l
    join prikke.queue as q on q.organization_id = l.organization_id and q.name = l.queue and q.max_running is not null
    group by 1, 3
    union all
    select l.organization_id, 'organization', '', 'organization', sum(l.freed)::bigint
    from left_over as l
    join prikke.organization as o on o.id = l.organization_id and o.limits ? 'max_running'
    group by 1
    union all
    select l.organization_id, 'host', l.host, 'host', sum(l.freed)::bigint
    from left_over as l
    where l.host is not null
      and prikke.host_cap_applies()
    group by 1, 3
  loop
    if prikke.try_key(v_slot.organization_id, v_slot.kind, v_slot.key) then
      perform prikke.free_held(v_slot.organization_id, v_slot.held_by, v_slot.key, v_slot.freed);
    else
      insert into prikke.freed_key (organization_id, held_by, key)
      values (v_slot.organization_id, v_slot.held_by, v_slot.key);
    end if;
  end loop;
end
$$;

comment on function prikke.free_slots is 'Readies what caps held, after as many executions stopped running.';
