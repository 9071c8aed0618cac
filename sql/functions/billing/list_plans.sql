-- The plans, cheapest first, as a page of prices shows them. No row where plans are off.
create or replace function prikke.list_plans()
returns table (tier text, jobs bigint, executions bigint, retention_days bigint)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select t.tier, prikke.plan_default(t.tier, 'jobs'), prikke.plan_default(t.tier, 'executions'), prikke.plan_default(t.tier, 'retention_days')
  from unnest(array['free', 'pro']) with ordinality as t (tier, position)
  where prikke.setting_value('plans') = 'true'
  order by t.position
$$;

comment on function prikke.list_plans is 'What each plan allows, cheapest first; nothing where plans are off. Example: select tier, jobs, executions from prikke.list_plans();';
