-- Of the runs that a plan's limit held, ends as missed those that their job's catch-up does not send any more, so that a new
-- month starts no herd. Sends and jobs that run once always go.
create or replace function prikke.catch_up_limit(p_organization_id uuid)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_ids uuid[];
begin
  v_ids := array(
    select e.id
    from (
      select h.id, h.scheduled_for, d.catch_up, d.catch_up_window, prikke.catch_up_grace(d.interval_minutes) as grace,
        row_number() over (partition by h.job_id order by h.scheduled_for desc) as turn
      from prikke.live_execution as h
      join prikke.job_definition as d on d.organization_id = h.organization_id and d.id = h.job_id
      where h.organization_id = p_organization_id
        and h.held_by = 'limit'
        and h.kind = 'schedule'
        and h.attempt = 0
        and d.schedule_type <> 'once'
    ) as x
    join prikke.live_execution as e on e.organization_id = p_organization_id and e.id = x.id and e.held_by = 'limit'
    where x.scheduled_for < v_now - x.grace
      and (x.catch_up = 'none'
        or x.turn > case x.catch_up when 'latest' then 1 else 100 end
        or x.scheduled_for < v_now - x.catch_up_window)
    order by e.scheduled_for
    limit 1000
    for update of e skip locked);
  return prikke.finish_executions(array_fill(p_organization_id, array[cardinality(v_ids)]), v_ids, 'missed', 'catch_up');
end
$$;

comment on function prikke.catch_up_limit is 'Ends held runs that are too late to be caught up with; answers how many.';
