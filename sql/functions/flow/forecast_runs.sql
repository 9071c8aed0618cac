-- What falls due between two instants, by bucket and queue: of one organization, or of all (null) with all queues as one.
-- Jobs with the same schedule are counted once and multiplied: cron by counting bits, every by arithmetic. Only where a clock
-- change falls are fixed times looked up one by one. There are far fewer schedules than the planner fears: sorting all jobs
-- to group them would cost several times as much as hashing them.
create or replace function prikke.forecast_runs(p_organization_id uuid, p_since bigint, p_until bigint, p_bucket bigint)
returns table (
  bucket bigint,
  queue text,
  runs bigint,
  waiting bigint,
  seconds double precision,
  busiest bigint,
  busiest_runs bigint
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set jit = off
set enable_sort = off
set enable_nestloop = off
set work_mem = '64MB'
as $$
  with sample as materialized (
    select t.job_id, t.queue, t.count, t.duration_ms
    from prikke.tally as t
    where (p_organization_id is null or t.organization_id = p_organization_id)
      and t.quarter_hour > to_timestamp(p_since) - interval '7 days'
      and t.status in ('success', 'failed', 'timeout')
    order by t.quarter_hour desc
    limit 100000
  ), of_job as materialized (
    select s.job_id, sum(s.duration_ms::double precision) / 1000 / sum(s.count) as seconds
    from sample as s
    where s.job_id is not null
    group by s.job_id
    having sum(s.count) > 0
  ), of_queue as materialized (
    select s.queue, sum(s.duration_ms::double precision) / 1000 / sum(s.count) as seconds
    from sample as s
    group by s.queue
    having sum(s.count) > 0
  ), plan as materialized (
    select d.schedule_type, case when p_organization_id is not null then d.queue end as queue, d.cron,
      case d.schedule_type when 'cron' then d.timezone end as timezone,
      -- Where a schedule may name H the text does not say what it means.
      case when strpos(d.cron, 'H') + strpos(d.cron, 'h') > 0 then d.masks end as masks,
      extract(epoch from d.every)::bigint as every,
      case d.schedule_type
        when 'once' then floor(extract(epoch from d.scheduled_at))::bigint
        when 'every' then greatest(p_since, floor(extract(epoch from d.anchored_at))::bigint) + case
          when floor(extract(epoch from d.anchored_at)) >= p_since then 0
          else (extract(epoch from d.every)::bigint - (p_since - floor(extract(epoch from d.anchored_at))::bigint) % extract(epoch from d.every)::bigint) % extract(epoch from d.every)::bigint
        end
      end as first,
      count(*) as jobs,
      sum(coalesce(j.seconds, q.seconds)) as seconds
    from prikke.job_definition as d
    left join of_job as j on j.job_id = d.id
    left join of_queue as q on q.queue = d.queue
    where (p_organization_id is null or d.organization_id = p_organization_id)
      and d.enabled
      and d.deleted_at is null
      and d.schedule_type <> 'manual'
      and (d.schedule_type <> 'once' or d.scheduled_at >= to_timestamp(p_since))
      and not exists (
        select
        from prikke.job_state as s
        where s.organization_id = d.organization_id
          and s.job_id = d.id
          and s.set_aside_at is not null)
    group by 1, 2, 3, 4, 5, 6, 7
  ), schedule as materialized (
    select row_number() over () as number, p.queue, p.timezone, p.jobs, p.seconds, m.masks,
      (m.masks).hours, (m.masks).minutes, (m.masks).seconds as second_mask, (m.masks).wildcard
    from plan as p
    cross join lateral (select coalesce(p.masks, prikke.parse_cron(p.cron)) as masks offset 0) as m
    where p.schedule_type = 'cron'
  ), piece as materialized (
    select p.*
    from prikke.forecast_pieces(array(select distinct s.timezone from schedule as s), p_since, p_until, p_bucket) as p
  ), day as materialized (
    select s.number, s.timezone, d.day
    from schedule as s
    join (select distinct p.timezone, p.day from piece as p) as d on d.timezone = s.timezone
    where prikke.next_day(s.masks, d.day) = d.day
  ), regular as materialized (
    select s.number, p.bucket, p.begins, p.from_second, p.until_second,
      prikke.count_times(s.hours, s.minutes, s.second_mask, p.until_second) - prikke.count_times(s.hours, s.minutes, s.second_mask, p.from_second) as times
    from day as d
    join schedule as s on s.number = d.number
    join piece as p on p.timezone = d.timezone and p.day = d.day
    where (p.regular or s.wildcard)
      and s.hours & ((1::bigint << (p.until_second + 3599) / 3600) - (1::bigint << p.from_second / 3600)) <> 0
  ), changed as materialized (
    with recursive run (number, bucket, ends, at) as (
      select s.number, p.bucket, p.begins + p.until_second - p.from_second,
        extract(epoch from prikke.next_run(s.masks, s.timezone, to_timestamp(p.begins - 1)))::bigint
      from schedule as s
      join piece as p on p.timezone = s.timezone
      where not p.regular
        and not s.wildcard
      union all
      select r.number, r.bucket, r.ends, extract(epoch from prikke.next_run(s.masks, s.timezone, to_timestamp(r.at)))::bigint
      from run as r
      join schedule as s on s.number = r.number
      where r.at < r.ends
    )
    select r.number, r.bucket, r.at
    from run as r
    where r.at < r.ends
  ), minute_of as materialized (
    select s.number, m.minute
    from schedule as s
    cross join generate_series(0, 59) as m (minute)
    where s.minutes >> m.minute & 1 = 1
  ), steady as materialized (
    select p.queue, p.every, p.first, p.jobs, p.seconds
    from plan as p
    where p.schedule_type = 'every'
  ), later as materialized (
    select case when p_organization_id is not null then e.queue end as queue,
      greatest(floor(extract(epoch from e.due_at))::bigint, p_since) as at, count(*) as jobs, sum(coalesce(j.seconds, q.seconds)) as seconds
    from prikke.live_execution as e
    left join of_job as j on j.job_id = e.job_id
    left join of_queue as q on q.queue = e.queue
    where (p_organization_id is null or e.organization_id = p_organization_id)
      and e.status = 'pending'
      and e.due_at < to_timestamp(p_until)
    group by 1, 2
  ), counted (bucket, queue, runs, waiting, seconds) as (
    select r.bucket, s.queue, r.times * s.jobs, 0, r.times * s.seconds
    from regular as r
    join schedule as s on s.number = r.number
    where r.times > 0
    union all
    select c.bucket, s.queue, s.jobs, 0, s.seconds
    from changed as c
    join schedule as s on s.number = c.number
    union all
    select b.bucket, s.queue, n.times * s.jobs, 0, n.times * s.seconds
    from steady as s
    cross join generate_series(p_since - p_since % p_bucket, p_until - 1, p_bucket) as b (bucket)
    cross join lateral (
      select greatest((least(b.bucket + p_bucket, p_until) - s.first + s.every - 1) / s.every, 0)
        - greatest((greatest(b.bucket, p_since) - s.first + s.every - 1) / s.every, 0) as times
    ) as n
    where b.bucket + p_bucket > s.first
    union all
    select p.first - p.first % p_bucket, p.queue, p.jobs, 0, p.seconds
    from plan as p
    where p.schedule_type = 'once'
      and p.first < p_until
    union all
    select l.at - l.at % p_bucket, l.queue, 0, l.jobs, l.seconds
    from later as l
  ), minute (bucket, queue, at, runs) as (
    select r.bucket, s.queue, r.begins - r.from_second + h.hour * 3600 + m.minute * 60, s.jobs * bit_count(s.second_mask::bit(60))
    from regular as r
    join schedule as s on s.number = r.number
    join minute_of as m on m.number = r.number
    cross join lateral generate_series(r.from_second / 3600, (r.until_second - 1) / 3600) as h (hour)
    where r.times > 0
      and s.hours >> h.hour & 1 = 1
      and h.hour * 3600 + m.minute * 60 < r.until_second
      and h.hour * 3600 + m.minute * 60 >= r.from_second
    union all
    select c.bucket, s.queue, c.at - c.at % 60, s.jobs
    from changed as c
    join schedule as s on s.number = c.number
    union all
    select t.at - t.at % p_bucket, s.queue, t.at - t.at % 60, s.jobs * greatest(60 / s.every, 1)
    from steady as s
    cross join lateral generate_series(s.first, p_until - 1, greatest(s.every, 60)) as t (at)
    union all
    select p.first - p.first % p_bucket, p.queue, p.first - p.first % 60, p.jobs
    from plan as p
    where p.schedule_type = 'once'
      and p.first < p_until
    union all
    select l.at - l.at % p_bucket, l.queue, l.at - l.at % 60, l.jobs
    from later as l
  ), busy as (
    select distinct on (m.bucket, m.queue) m.bucket, m.queue, m.at, m.runs
    from (
      select m.bucket, m.queue, m.at, sum(m.runs)::bigint as runs
      from minute as m
      where p_until - p_since <= 691200
      group by m.bucket, m.queue, m.at
    ) as m
    order by m.bucket, m.queue, m.runs desc, m.at
  ), total as (
    select c.bucket, c.queue, sum(c.runs)::bigint as runs, sum(c.waiting)::bigint as waiting, sum(c.seconds) as seconds
    from counted as c
    group by c.bucket, c.queue
  )
  select t.bucket, t.queue, t.runs, t.waiting, t.seconds, b.at, b.runs
  from total as t
  left join busy as b on b.bucket = t.bucket and b.queue is not distinct from t.queue
$$;

comment on function prikke.forecast_runs is
  'Runs that fall due, by bucket and queue, with expected seconds of work and the busiest minute; for one organization, or for all.';
