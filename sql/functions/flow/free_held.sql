-- Readies up to so many of the executions that something held, in claim order; the claim judges them again. `p_key` is the
-- queue, or the host for breaker and host; the organization cap has none.
create or replace function prikke.free_held(p_organization_id uuid, p_held_by text, p_key text, p_count bigint)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_ids uuid[];
begin
  if p_held_by in ('breaker', 'host') then
    v_ids := array(
      select e.id
      from prikke.live_execution as e
      where e.organization_id = p_organization_id
        and e.host = p_key
        and e.held_by in ('breaker', 'host')
        and e.held_by = p_held_by
      order by e.priority desc, e.interval_class, e.due_at, e.position
      limit p_count
      for update skip locked);
  else
    v_ids := array(
      select e.id
      from prikke.live_execution as e
      where e.organization_id = p_organization_id
        and e.held_by = p_held_by
        and (p_held_by in ('organization', 'limit') or e.queue = p_key)
      order by e.queue, e.priority desc, e.interval_class, e.due_at, e.position
      limit p_count
      for update skip locked);
  end if;
  update prikke.live_execution as e
  set held_by = null,
      due_at = case when p_held_by = 'paused' then greatest(e.due_at, prikke.clock()) else e.due_at end,
      ready = e.due_at <= prikke.clock()
  where e.organization_id = p_organization_id
    and e.id = any (v_ids)
    and e.held_by = p_held_by;
  return cardinality(v_ids);
end
$$;

comment on function prikke.free_held is 'Readies some of what a limit, pause or breaker held; answers how many.';
