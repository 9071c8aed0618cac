-- The HTTP tries of one execution, first to last.
create or replace function prikke.list_attempts(execution uuid)
returns setof prikke.attempt
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select a.*
  from prikke.attempt as a
  where a.execution_id = list_attempts.execution
  order by a.claim_number
$$;

comment on function prikke.list_attempts is 'The tries of one execution. Example: select number, status, status_code, duration_ms from prikke.list_attempts(execution => ''0198…'');';
