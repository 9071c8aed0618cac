-- For keep_statistics: only the owner of a table may analyze it. Whoever else is at it does as well.
create or replace function prikke.analyze_executions()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  analyze (skip_locked) prikke.live_execution;
end
$$;

comment on function prikke.analyze_executions is 'Counts live_execution for the planner.';
