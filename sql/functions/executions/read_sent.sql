-- The execution that the same statement has just queued: volatile, and so it sees what a stable function would not yet.
create or replace function prikke.read_sent(p_id uuid)
returns prikke.execution
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return prikke.get_execution(p_id);
end
$$;

comment on function prikke.read_sent is 'An execution made in the same statement.';
