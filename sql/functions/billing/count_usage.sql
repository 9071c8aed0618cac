-- Executions of this month that count for an organization's plan: folded, not folded yet, and under way to their first end.
create or replace function prikke.count_usage(p_organization_id uuid)
returns bigint
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    (select coalesce(sum(u.executions), 0)
     from prikke.organization_usage as u
     where u.organization_id = p_organization_id
       and u.day >= date_trunc('month', prikke.clock() at time zone 'UTC')::date)
    + (select coalesce(sum(c.first_attempts), 0)
       from prikke.tally_change as c
       where c.organization_id = p_organization_id
         and c.kind in ('schedule', 'manual', 'send', 'replay')
         and c.quarter_hour >= date_trunc('month', prikke.clock() at time zone 'UTC') at time zone 'UTC')
    + (select count(*)
       from prikke.live_execution as e
       where e.organization_id = p_organization_id
         and e.status = 'running'
         and e.attempt = 0
         and e.kind in ('schedule', 'manual', 'send', 'replay'))
$$;

comment on function prikke.count_usage is 'Executions of this month that count for an organization''s plan, those that run among them.';
