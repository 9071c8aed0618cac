-- After executions stopped running, or were parked for another reason: readies those that a cap of their lane, host or
-- organization held, as far as it has room. Where another runner is looking at it, a note is left for the next tick. Room
-- is counted, in a later statement than the lock, so that a place which somebody was readied for and did not take (being
-- cancelled, or parked behind a key) goes to the next.
create or replace function prikke.free_slots(p_organizations uuid[], p_queues text[], p_hosts text[])
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_count_hosts constant boolean := prikke.host_cap_applies();
  v_slot record;
  v_room bigint;
begin
  -- Mostly there is no cap at all and nothing that one held, which is sooner known than what would be free.
  if not v_count_hosts
    and not exists (
      select
      from prikke.queue as q
      where q.organization_id = any (p_organizations)
        and q.max_running is not null)
    and not exists (
      select
      from prikke.organization as o
      where o.id = any (p_organizations)
        and o.limits ? 'max_running')
    and not exists (
      select
      from prikke.live_execution as e
      where e.organization_id = any (p_organizations)
        and e.held_by in ('breaker', 'host')
        and e.held_by = 'host')
  then
    return;
  end if;
  for v_slot in
    with place as materialized (
      select distinct s.organization_id, s.queue, s.host
      from unnest(p_organizations, p_queues, p_hosts) as s (organization_id, queue, host)
    )
    select distinct l.organization_id, 'max_running' as held_by, l.queue as key, 'lane' as kind, q.max_running::bigint as most
    from place as l
    join prikke.queue as q on q.organization_id = l.organization_id and q.name = l.queue and q.max_running is not null
    union all
    select distinct l.organization_id, 'organization', '', 'organization', (o.limits ->> 'max_running')::bigint
    from place as l
    join prikke.organization as o on o.id = l.organization_id and o.limits ? 'max_running'
    union all
    select distinct l.organization_id, 'host', l.host, 'host', prikke.limit_value('host_requests', 200)
    from place as l
    where l.host is not null
      -- What was held while more runners lived is freed although the cap needs no counting now.
      and (v_count_hosts or exists (
        select
        from prikke.live_execution as e
        where e.organization_id = l.organization_id
          and e.host = l.host
          and e.held_by in ('breaker', 'host')
          and e.held_by = 'host'))
  loop
    if not prikke.try_key(v_slot.organization_id, v_slot.kind, v_slot.key) then
      insert into prikke.freed_key (organization_id, held_by, key)
      values (v_slot.organization_id, v_slot.held_by, v_slot.key);
      continue;
    end if;
    select v_slot.most - count(*)
    into v_room
    from prikke.live_execution as e
    where e.organization_id = v_slot.organization_id
      and e.status = 'running'
      and (v_slot.kind <> 'lane' or e.queue = v_slot.key)
      and (v_slot.kind <> 'host' or e.host = v_slot.key)
      -- Most caps hold nobody, and then nobody counts.
      and exists (
        select
        from prikke.live_execution as h
        where h.organization_id = v_slot.organization_id
          and h.held_by = v_slot.held_by
          and (v_slot.kind <> 'lane' or h.queue = v_slot.key));
    if v_room > 0 then
      perform prikke.free_held(v_slot.organization_id, v_slot.held_by, v_slot.key, v_room);
    end if;
  end loop;
end
$$;

comment on function prikke.free_slots is 'Readies what caps held, as far as they have room now.';
