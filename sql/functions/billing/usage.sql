-- What the caller's organization used: this month by day, and the last twelve months. Counted are executions at their first
-- attempt (schedule, manual, send, replay).
create or replace function prikke.usage()
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_today constant date := (prikke.clock() at time zone 'UTC')::date;
  v_month constant date := date_trunc('month', v_today)::date;
  v_answer jsonb;
begin
  with used as materialized (
    select u.day, u.executions
    from prikke.organization_usage as u
    where u.organization_id = v_organization_id
      and u.day >= v_month - interval '11 months'
    union all
    select (c.quarter_hour at time zone 'UTC')::date, sum(c.first_attempts)
    from prikke.tally_change as c
    where c.organization_id = v_organization_id
      and c.kind in ('schedule', 'manual', 'send', 'replay')
    group by 1
  )
  select jsonb_build_object(
    'month', to_char(v_month, 'YYYY-MM'),
    'executions', (select coalesce(sum(u.executions), 0) from used as u where u.day >= v_month),
    'executions_limit', prikke.plan_limit(v_organization_id, 'executions'),
    'jobs', (select count(*) from prikke.job_definition as d where d.organization_id = v_organization_id and d.deleted_at is null),
    'jobs_limit', prikke.plan_limit(v_organization_id, 'jobs'),
    'held', (select count(*) from prikke.live_execution as e where e.organization_id = v_organization_id and e.held_by = 'limit'),
    'resets_at', prikke.month_end(prikke.clock()),
    'days', (
      select jsonb_agg(jsonb_build_object(
        'day', d.at::date, 'executions', (select coalesce(sum(u.executions), 0) from used as u where u.day = d.at::date)) order by d.at)
      from generate_series(v_month::timestamp, v_today::timestamp, interval '1 day') as d (at)),
    'months', (
      select jsonb_agg(jsonb_build_object(
        'month', to_char(m.at, 'YYYY-MM'),
        'executions', (select coalesce(sum(u.executions), 0) from used as u where u.day >= m.at and u.day < m.at + interval '1 month')) order by m.at)
      from generate_series(v_month - interval '11 months', v_month::timestamp, interval '1 month') as m (at)))
  into v_answer;
  return v_answer;
end
$$;

comment on function prikke.usage is 'What this organization used this month by day, and by month for a year, beside the limits of its plan. Example: select prikke.usage();';
