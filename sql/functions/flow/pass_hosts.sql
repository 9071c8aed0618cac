-- Of locked candidates, those whose host may get another request: its breaker is closed, or they are the probe, and its cap
-- is not reached. A host is looked at under a lock that is only tried, in a later statement than the lock; who may not go is
-- parked, who could not be looked at stays ready.
create or replace function prikke.pass_hosts(p_organizations uuid[], p_ids uuid[], p_jobs uuid[], p_count_running boolean)
returns table (organization_id uuid, id uuid, job_id uuid)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := prikke.clock();
  v_cap constant bigint := prikke.limit_value('host_requests', 200);
  v_host record;
  v_breaker prikke.breaker;
  v_room bigint;
  v_held_by text;
  v_dropped uuid[] := '{}';
begin
  for v_host in
    select coalesce(d.host, w.host) as host, c.organization_id, array_agg(c.id order by c.number) as ids
    from unnest(p_organizations, p_ids, p_jobs) with ordinality as c (organization_id, id, job_id, number)
    join prikke.live_execution as w on w.organization_id = c.organization_id and w.id = c.id
    left join prikke.job_definition as d on d.organization_id = c.organization_id and d.id = c.job_id
    where p_count_running
       or exists (
         select
         from prikke.breaker as b
         where b.organization_id = c.organization_id
           and b.host = coalesce(d.host, w.host)
           and b.state <> 'closed')
    group by 1, 2
  loop
    if not prikke.try_key(v_host.organization_id, 'host', v_host.host) then
      v_dropped := v_dropped || v_host.ids;
      continue;
    end if;
    v_room := cardinality(v_host.ids);
    v_held_by := null;

    select b.*
    into v_breaker
    from prikke.breaker as b
    where b.organization_id = v_host.organization_id
      and b.host = v_host.host
      and b.state <> 'closed';
    if found then
      v_held_by := 'breaker';
      if (v_breaker.state = 'open' and v_breaker.open_until > v_now)
         or exists (
           select
           from prikke.live_execution as e
           where e.organization_id = v_host.organization_id
             and e.id = v_breaker.probe_id
             and e.status = 'running')
      then
        v_room := 0;
      else
        v_room := 1;
        update prikke.breaker as b
        set state = 'half_open',
            probe_id = v_host.ids[1],
            open_until = v_now + interval '10 seconds'
        where b.organization_id = v_host.organization_id
          and b.host = v_host.host;
        insert into prikke.breaker_event (organization_id, host, state, failures, message, at)
        values (v_host.organization_id, v_host.host, 'half_open', v_breaker.failures, 'one delivery is let through', v_now);
      end if;
    end if;

    if p_count_running and v_room > 0 then
      select least(v_room, greatest(v_cap - count(*), 0))
      into v_room
      from prikke.live_execution as e
      where e.organization_id = v_host.organization_id
        and e.host = v_host.host
        and e.status = 'running';
      v_held_by := coalesce(v_held_by, 'host');
    end if;

    if v_room < cardinality(v_host.ids) then
      update prikke.live_execution as e
      set ready = false,
          held_by = v_held_by,
          host = v_host.host
      where e.organization_id = v_host.organization_id
        and e.id = any (v_host.ids[v_room + 1:]);
      v_dropped := v_dropped || v_host.ids[v_room + 1:];
    end if;
  end loop;

  return query
    select c.organization_id, c.id, c.job_id
    from unnest(p_organizations, p_ids, p_jobs) as c (organization_id, id, job_id)
    where c.id <> all (v_dropped);
end
$$;

comment on function prikke.pass_hosts is 'Of claimed candidates, those whose host may get a request now; the others are parked or left.';
