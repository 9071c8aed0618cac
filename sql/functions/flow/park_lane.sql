-- Takes ready executions of a lane out of the claim's sight until what holds them ends; at most 1,000 a call. Places that
-- caps of the organization or of hosts had kept for them go to others.
create or replace function prikke.park_lane(p_organization_id uuid, p_queue text, p_held_by text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_hosts text[];
begin
  with parked as materialized (
    select e.organization_id, e.id
    from prikke.live_execution as e
    where e.ready
      and e.organization_id = p_organization_id
      and e.queue = p_queue
    limit 1000
    for update skip locked
  ), held as (
    update prikke.live_execution as e
    set ready = false,
        held_by = p_held_by
    from parked as p
    where e.organization_id = p.organization_id
      and e.id = p.id
    returning e.host
  )
  select array_agg(distinct h.host)
  into v_hosts
  from held as h;
  if v_hosts is not null then
    perform prikke.free_slots(array_fill(p_organization_id, array[cardinality(v_hosts)]), array_fill(p_queue, array[cardinality(v_hosts)]), v_hosts);
  end if;
end
$$;

comment on function prikke.park_lane is 'Parks up to 1,000 ready executions of a lane.';
