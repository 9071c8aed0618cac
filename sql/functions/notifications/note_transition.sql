-- Appends a change of state for people to hear of; whoever sees it calls this and waits for nobody. With `once`, what was
-- said already is not said again.
create or replace function prikke.note_transition(
  p_organization_id uuid,
  p_kind text,
  p_job_id uuid default null,
  p_host text default null,
  p_execution_id uuid default null,
  p_detail jsonb default '{}',
  p_once text default null
)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into prikke.transition (organization_id, kind, job_id, host, execution_id, at, detail, once)
  values (p_organization_id, p_kind, p_job_id, p_host, p_execution_id, prikke.clock(), jsonb_strip_nulls(p_detail), p_once)
  on conflict do nothing
$$;

comment on function prikke.note_transition is 'Appends a change of state that people may want to hear of.';
