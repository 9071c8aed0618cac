-- What is to come, by bucket and queue: expected runs, known waiting ones, seconds of work, the busiest minute, and whether
-- the limits of the queue let it through; what they hold back waits for the next bucket.
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
begin
  perform prikke.refuse(prikke.forecast_problems(v_since, v_until, bucket));
  v_from := ceil(extract(epoch from v_since))::bigint;
  v_to := ceil(extract(epoch from v_until))::bigint;
  v_length := extract(epoch from bucket)::bigint;
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
    )
    select to_timestamp(b.at), b.name, b.runs, b.waiting, b.seconds, to_timestamp(b.busiest), b.busiest_runs, b.most,
      case
        when b.most is null or b.rest <= 0.5 then null
        when b.by_pause = b.most then 'paused'
        when b.by_rate = b.most then 'rate'
        else 'max_running'
      end,
      case when b.most is null then 0 else round(b.rest)::bigint end
    from backlog as b
    order by b.at, b.name;
end
$$;

comment on function prikke.forecast is
  'What is to come, by bucket and queue: runs of schedules, waiting (known already, late ones in the first bucket), seconds of work by what runs took last week (null: none seen), the busiest minute (for up to eight days), how much the limits of the queue let through, which of them is reached and what then waits longer. Example: select bucket_at, queue, runs, waiting, busiest_at, busiest_runs, limited_by from prikke.forecast(until => prikke.clock() + interval ''1 day'', bucket => ''1 hour'');';
