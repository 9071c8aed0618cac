-- How the caller's organization does, for one look: its jobs, its runs by quarter hour of the last day beside the day before,
-- and the month's use. From counts alone, never from history. Today begins at midnight in the zone given.
create or replace function prikke.overview(timezone text default 'UTC')
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c_most constant integer := 50000;
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_last constant timestamptz := prikke.quarter_hour(v_now);
  v_zone constant text := coalesce(overview.timezone, 'UTC');
  v_problem constant jsonb := prikke.timezone_problem(v_zone);
  v_midnight timestamp;
  v_today timestamptz;
  v_yesterday timestamptz;
  v_answer jsonb;
begin
  perform prikke.refuse(case when v_problem is not null then jsonb_build_array(v_problem) end);
  v_midnight := date_trunc('day', timezone(v_zone, v_now));
  v_today := prikke.local_instant(v_midnight, v_zone);
  v_yesterday := prikke.local_instant(v_midnight - interval '1 day', v_zone);

  with counted as materialized (
    select c.quarter_hour, c.status, sum(c.count) as count
    from (
      select t.quarter_hour, t.kind, t.status, t.count
      from prikke.organization_tally as t
      where t.organization_id = v_organization_id
        and t.quarter_hour > v_last - interval '2 days 2 hours'
      union all
      select t.quarter_hour, t.kind, t.status, t.count
      from prikke.tally_change as t
      where t.organization_id = v_organization_id
    ) as c
    where c.kind in ('schedule', 'manual', 'send', 'replay')
      and c.status in ('success', 'failed', 'timeout')
    group by c.quarter_hour, c.status
  ), quarter as materialized (
    select q.at, coalesce(sum(c.count), 0) as runs, coalesce(sum(c.count) filter (where c.status <> 'success'), 0) as failed
    from generate_series(v_last - interval '2 days 2 hours', v_last, interval '15 minutes') as q (at)
    left join counted as c on c.quarter_hour = q.at
    group by q.at
  ), summed as (
    select
      sum(q.runs) filter (where q.at > v_last - interval '1 day') as runs,
      sum(q.failed) filter (where q.at > v_last - interval '1 day') as failed,
      sum(q.runs) filter (where q.at > v_last - interval '2 days' and q.at <= v_last - interval '1 day') as runs_before,
      sum(q.failed) filter (where q.at > v_last - interval '2 days' and q.at <= v_last - interval '1 day') as failed_before,
      coalesce(sum(q.runs) filter (where q.at >= v_today), 0) as runs_today,
      coalesce(sum(q.runs) filter (where q.at >= v_yesterday and q.at <= v_last - (v_today - v_yesterday)), 0) as runs_yesterday
    from quarter as q
  ), job as (
    select
      (select count(*)
       from (
         select
         from prikke.job_definition as d
         where d.organization_id = v_organization_id
           and d.deleted_at is null
         limit c_most) as j) as jobs,
      (select count(*)
       from (
         select
         from prikke.job_definition as d
         where d.organization_id = v_organization_id
           and d.enabled
           and d.deleted_at is null
         limit c_most) as j) as enabled
  ), made as (
    select count(*) as jobs
    from (
      select
      from prikke.job_definition as d
      where d.organization_id = v_organization_id
        and d.deleted_at is null
        and d.created_at > v_now - interval '1 day'
      limit 1000
    ) as m
  )
  select jsonb_build_object(
    'jobs', j.jobs,
    'active_jobs', j.enabled,
    'new_jobs', m.jobs,
    'runs', s.runs,
    'runs_before', s.runs_before,
    'failed', s.failed,
    'failed_before', s.failed_before,
    'runs_today', s.runs_today,
    'runs_yesterday', s.runs_yesterday,
    'executions_this_month', prikke.count_usage(v_organization_id),
    'executions_limit', prikke.plan_limit(v_organization_id, 'executions'),
    'jobs_limit', prikke.plan_limit(v_organization_id, 'jobs'),
    'resets_at', prikke.month_end(v_now),
    'quarter_hours', (
      select jsonb_agg(jsonb_build_object('at', q.at, 'runs', q.runs, 'failed', q.failed) order by q.at)
      from quarter as q
      where q.at > v_last - interval '1 day'))
  into v_answer
  from summed as s, job as j, made as m;
  return v_answer;
end
$$;

comment on function prikke.overview is
  'How this organization does: jobs, runs and failures of 24 hours by quarter hour beside the day before, runs today and up to the same time yesterday, and the month''s use. Jobs are counted up to 50,000, new ones up to 1,000. Example: select prikke.overview(timezone => ''Europe/Oslo'');';
