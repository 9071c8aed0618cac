-- Notes that so many executions of a lane start now. The caller holds the lane's lock.
create or replace function prikke.spend_rate(p_organization_id uuid, p_queue text, p_count bigint)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update prikke.queue_state as s
  set tat = greatest(s.tat, prikke.clock()) + q.rate_period / q.rate * p_count
  from prikke.queue as q
  where q.organization_id = p_organization_id
    and q.name = p_queue
    and q.rate is not null
    and s.organization_id = q.organization_id
    and s.queue = q.name
$$;

comment on function prikke.spend_rate is 'Moves the arrival time of a lane''s rate on by what starts now.';
