-- Ends an execution whose receiver answered 202 and now reports, on the word of a completion token that the caller has
-- checked. Reported twice, or too late: PK409.
create or replace function prikke.report_completion(p_id uuid, p_claim_number integer, p_status text, p_message text default null)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id uuid;
begin
  if p_status is null or p_status not in ('success', 'failed') then
    perform prikke.refuse(jsonb_build_array(prikke.problem('status', 'unknown', 'must be success or failed')));
  end if;
  select e.organization_id
  into v_organization_id
  from prikke.live_execution as e
  where e.id = p_id
    and e.status = 'running'
    and e.runner_id is null
    and e.claim_number = p_claim_number
  for update skip locked;
  if not found then
    raise exception 'execution % waits for no completion', p_id
      using errcode = 'PK409', column = 'token', hint = 'It has been reported already, was cancelled or took too long.';
  end if;
  perform prikke.finish_executions(
    array[v_organization_id], array[p_id], p_status, case when p_status = 'failed' then 'reported' end, left(p_message, 1000));
  perform prikke.wake_runners('-infinity');
  return p_status;
end
$$;

comment on function prikke.report_completion is 'Ends an execution that answered 202, as its receiver reports: success or failed.';
