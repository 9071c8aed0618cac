-- How a job has done by day, from tallies and never from history: one row for each day of the zone, those without runs as
-- well, and last one with day null for all of them together.
create or replace function prikke.job_statistics(id uuid, days integer default 30, timezone text default 'UTC')
returns table (day date, success bigint, failed bigint, unsent bigint, average interval, p50 interval, p90 interval, p99 interval)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_problems jsonb := '[]' || coalesce(prikke.timezone_problem(timezone), '[]');
  v_first date;
begin
  if not coalesce(days between 1 and 400, false) then
    v_problems := v_problems || prikke.problem('days', 'out_of_range', 'must lie between 1 and 400', '30 is usual.');
  end if;
  perform prikke.refuse(v_problems);
  perform prikke.get_job(job_statistics.id);
  v_first := (prikke.clock() at time zone timezone)::date - (days - 1);
  return query
    with part as materialized (
      select (t.quarter_hour at time zone timezone)::date as day, t.status, t.count, t.duration_ms, t.durations
      from prikke.tally as t
      where t.organization_id = v_organization_id
        and t.job_id = job_statistics.id
        and t.quarter_hour >= v_first::timestamp at time zone timezone
        and t.kind in ('schedule', 'manual', 'replay')
        and t.status in ('success', 'failed', 'timeout', 'missed', 'skipped')
    ), counted as (
      select p.day,
        coalesce(sum(p.count) filter (where p.status = 'success'), 0)::bigint as success,
        coalesce(sum(p.count) filter (where p.status in ('failed', 'timeout')), 0)::bigint as failed,
        coalesce(sum(p.count) filter (where p.status in ('missed', 'skipped')), 0)::bigint as unsent,
        sum(p.duration_ms) filter (where p.status in ('success', 'failed', 'timeout')) as duration_ms
      from part as p
      group by grouping sets ((p.day), ())
    ), measured as (
      select b.day, array_agg(b.count order by b.number) as durations
      from (
        select p.day, d.number, sum(d.count)::bigint as count
        from part as p
        cross join unnest(p.durations) with ordinality as d (count, number)
        where p.status in ('success', 'failed', 'timeout')
        group by grouping sets ((p.day, d.number), (d.number))
      ) as b
      group by b.day
    )
    select g.day, coalesce(c.success, 0), coalesce(c.failed, 0), coalesce(c.unsent, 0),
      make_interval(secs => round(c.duration_ms / nullif(c.success + c.failed, 0))::double precision / 1000),
      prikke.percentile(m.durations, 0.5), prikke.percentile(m.durations, 0.9), prikke.percentile(m.durations, 0.99)
    from (
      select v_first + s.number as day
      from generate_series(0, days - 1) as s (number)
      union all
      select null
    ) as g
    left join counted as c on c.day is not distinct from g.day
    left join measured as m on m.day is not distinct from g.day
    order by g.day nulls last;
end
$$;

comment on function prikke.job_statistics is
  'Runs of a job by day: successes, failures, due times not sent, the average duration and its percentiles as far as tallies tell; a last row with day null for all days. Example: select day, success, failed, p50 from prikke.job_statistics(id => ''0198…'', days => 30);';
