-- Cancels the waiting sends that carry a ref, for instance of a row that is being deleted; answers how many.
create or replace function prikke.cancel_sends(ref text)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_count bigint;
begin
  perform prikke.require_role('member');
  insert into prikke.execution_request (organization_id, execution_id, action, requested_by)
  select e.organization_id, e.id, 'cancel', prikke.current_actor()
  from prikke.live_execution as e
  where e.organization_id = v_organization_id
    and e.ref = cancel_sends.ref
    and e.status = 'pending'
    and not exists (
      select
      from prikke.execution_request as r
      where r.organization_id = e.organization_id
        and r.execution_id = e.id);
  get diagnostics v_count = row_count;
  if v_count > 0 then
    perform prikke.wake_runners('-infinity');
  end if;
  return v_count;
end
$$;

comment on function prikke.cancel_sends is 'Cancels what still waits of the sends, or replays, with a ref; returns how many. Example: select prikke.cancel_sends(ref => ''order-42'');';
