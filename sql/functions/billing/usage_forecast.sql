-- What the schedules of the caller's organization will use up to the end of the month, by day, on top of what was used; and
-- the day on which that reaches the limit of its plan. Up to eight days a forecast looks for busiest minutes too, which takes
-- ten times as long and says nothing here.
create or replace function prikke.usage_forecast()
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_limit constant bigint := prikke.plan_limit(v_organization_id, 'executions');
  v_end constant timestamptz := prikke.month_end(prikke.clock());
  v_used constant bigint := prikke.count_usage(v_organization_id);
  v_answer jsonb;
begin
  with expected as materialized (
    select (f.bucket_at at time zone 'UTC')::date as day, sum(f.runs + f.waiting)::bigint as executions
    from prikke.forecast(until => greatest(v_end, prikke.clock() + interval '9 days'), bucket => interval '1 day') as f
    where f.bucket_at < v_end
    group by 1
  ), whole as (
    select e.day, e.executions, v_used + sum(e.executions) over (order by e.day) as total
    from expected as e
  )
  select jsonb_build_object(
    'executions', coalesce(max(w.total), v_used),
    'executions_limit', v_limit,
    'limit_reached_on', case
      when v_used >= v_limit then (prikke.clock() at time zone 'UTC')::date
      else min(w.day) filter (where w.total >= v_limit)
    end,
    'days', coalesce(jsonb_agg(jsonb_build_object('day', w.day, 'executions', w.executions) order by w.day), '[]'))
  into v_answer
  from whole as w;
  return v_answer;
end
$$;

comment on function prikke.usage_forecast is
  'What the schedules will use of this month''s executions by day, and the day on which they reach the limit of the plan. Example: select prikke.usage_forecast();';
