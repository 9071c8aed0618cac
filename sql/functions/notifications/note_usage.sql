-- Sees which organizations have used 80 or 100 % of what their plan gives them this month; each is said once a month.
create or replace function prikke.note_usage()
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  with used as materialized (
    select u.organization_id, sum(u.executions) as executions, prikke.plan_limit(u.organization_id, 'executions') as most
    from prikke.organization_usage as u
    where u.day >= date_trunc('month', prikke.clock() at time zone 'UTC')::date
      and exists (select from prikke.setting as s where s.name = 'plans' and s.value = 'true')
    group by u.organization_id
  )
  select prikke.note_transition(
    u.organization_id, 'usage_' || p.percent, null, null, null,
    jsonb_build_object('executions', u.executions, 'limit', u.most, 'resets_at', prikke.month_end(prikke.clock())),
    prikke.usage_mark(p.percent))
  from used as u
  cross join lateral (select case when u.executions >= u.most then 100 when u.executions * 100 >= u.most * 80 then 80 end as percent) as p
  where p.percent is not null
    and not exists (
      select
      from prikke.transition as t
      where t.organization_id = u.organization_id
        and t.once = prikke.usage_mark(p.percent))
$$;

comment on function prikke.note_usage is 'Notes which organizations came near the limit of their plan, or reached it. Runners only.';
