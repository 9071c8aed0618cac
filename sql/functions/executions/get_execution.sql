-- One execution of the caller's organization, live or past.
create or replace function prikke.get_execution(id uuid)
returns prikke.execution
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_execution prikke.execution;
begin
  select e.*
  into v_execution
  from prikke.execution as e
  where e.id = get_execution.id
  limit 1;
  if not found then
    raise exception 'execution % does not exist', get_execution.id using errcode = 'PK404', column = 'id';
  end if;
  return v_execution;
end
$$;

comment on function prikke.get_execution is 'One execution by its id. Example: select status, status_code, error_message from prikke.get_execution(id => ''0198…'');';
