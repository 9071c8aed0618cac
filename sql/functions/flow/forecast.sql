-- What is to come, by bucket and queue: expected runs, known waiting ones, seconds of work, the busiest minute, and whether
-- the limits of the queue let it through; what they hold back waits for the next bucket. The cap of the organization and the
-- executions of its plan are shared by all queues, so for each bucket it is told when they are reached, not whom they hold.
create or replace function prikke.forecast(
  since timestamptz default null,
  until timestamptz default null,
  bucket interval default '1 hour'
)
returns table (
  bucket_at timestamptz,
  queue text,
  runs bigint,
  waiting bigint,
  seconds double precision,
  busiest_at timestamptz,
  busiest_runs bigint,
  capacity double precision,
  limited_by text,
  left_waiting bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_since timestamptz := greatest(since, v_now);
  v_until timestamptz := coalesce(until, greatest(since, v_now) + interval '1 day');
  v_from bigint;
  v_to bigint;
  v_length bigint;
  v_cap constant bigint := (select (o.limits ->> 'max_running')::bigint from prikke.organization as o where o.id = v_organization_id);
  v_plan constant bigint := prikke.plan_limit(v_organization_id, 'executions');
  v_used bigint := 0;
begin
  perform prikke.refuse(prikke.forecast_problems(v_since, v_until, bucket));
  v_from := ceil(extract(epoch from v_since))::bigint;
  v_to := ceil(extract(epoch from v_until))::bigint;
  v_length := extract(epoch from bucket)::bigint;
  if v_plan is not null then
    v_used := prikke.count_usage(v_organization_id);
  end if;
  return query
    with expected as materialized (
      select f.*
      from prikke.forecast_runs(v_organization_id, v_from, v_to, v_length) as f
    ), whole as (
      select b.at, n.name, coalesce(e.runs, 0) as runs, coalesce(e.waiting, 0) as waiting, e.seconds, e.busiest, e.busiest_runs,
        q.paused, q.max_running, q.rate, q.rate_period,
        (least(b.at + v_length, v_to) - greatest(b.at, v_from))::double precision as length
      from generate_series(v_from - v_from % v_length, v_to - 1, v_length) as b (at)
      cross join (select distinct e.queue from expected as e) as n (name)
      left join expected as e on e.bucket = b.at and e.queue = n.name
      left join prikke.queue as q on q.organization_id = v_organization_id and q.name = n.name
    ), room as (
      select w.*,
        case when w.paused then 0 end as by_pause,
        w.rate * w.length / extract(epoch from w.rate_period)::double precision as by_rate,
        w.max_running * w.length / nullif(sum(w.seconds) over q / nullif(sum(w.runs + w.waiting) over q, 0), 0)::double precision as by_running
      from whole as w
      window q as (partition by w.name)
    ), flow as (
      select r.*, least(r.by_pause, r.by_rate, r.by_running) as most,
        sum(r.runs + r.waiting - coalesce(least(r.by_pause, r.by_rate, r.by_running), r.runs + r.waiting)) over w as balance
      from room as r
      window w as (partition by r.name order by r.at)
    ), backlog as (
      select f.*, f.balance - least(min(f.balance) over (partition by f.name order by f.at), 0) as rest
      from flow as f
    ), shared as (
      select b.*,
        v_cap is not null and sum(b.seconds) over (partition by b.at) > v_cap * b.length as over_cap,
        sum(b.runs + b.waiting) over (partition by m.month order by b.at) + case when m.month = date_trunc('month', v_now) then v_used else 0 end > v_plan as over_plan
      from backlog as b
      cross join lateral (select date_trunc('month', to_timestamp(b.at)) as month) as m
    )
    select to_timestamp(b.at), b.name, b.runs, b.waiting, b.seconds, to_timestamp(b.busiest), b.busiest_runs, b.most,
      case
        when b.over_plan and b.runs + b.waiting > 0 then 'plan'
        when b.most is null or b.rest <= 0.5 then case when b.over_cap and b.runs + b.waiting > 0 then 'organization' end
        when b.by_pause = b.most then 'paused'
        when b.by_rate = b.most then 'rate'
        else 'max_running'
      end,
      case when b.most is null then 0 else round(b.rest)::bigint end
    from shared as b
    order by b.at, b.name;
end
$$;

comment on function prikke.forecast is
  'What is to come, by bucket and queue: runs of schedules, waiting (known already, late ones in the first bucket), seconds of work by what runs took last week (null: none seen), the busiest minute (for up to eight days), how much the limits of the queue let through, which of them is reached (paused, rate, max_running of the queue; plan, organization: what all queues share) and what then waits longer. Example: select bucket_at, queue, runs, waiting, busiest_at, busiest_runs, limited_by from prikke.forecast(until => prikke.clock() + interval ''1 day'', bucket => ''1 hour'');';
