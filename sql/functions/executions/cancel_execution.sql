-- Asks for an execution to be cancelled: one that waits never goes, one that runs is aborted and its late result ignored.
-- Appended, so that an open transaction of the caller's holds up nobody; in force as soon as it commits.
create or replace function prikke.cancel_execution(id uuid)
returns prikke.execution
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_execution prikke.execution := prikke.get_execution(cancel_execution.id);
begin
  perform prikke.require_role('member');
  if v_execution.status not in ('pending', 'running', 'cancelled') then
    raise exception 'execution % has ended: %', v_execution.id, v_execution.status
      using errcode = 'PK409', column = 'id', hint = 'Only what waits or runs can be cancelled.';
  end if;
  if v_execution.status <> 'cancelled' then
    insert into prikke.execution_request (organization_id, execution_id, action, requested_by)
    values (v_organization_id, v_execution.id, 'cancel', prikke.current_actor());
    perform prikke.wake_runners('-infinity');
  end if;
  return prikke.get_execution(v_execution.id);
end
$$;

comment on function prikke.cancel_execution is 'Cancels an execution that waits or runs. Example: select status from prikke.cancel_execution(id => ''0198…'');';
