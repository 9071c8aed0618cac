-- Whether an execution is live and nobody has asked for its end.
create or replace function prikke.is_waited_for(p_organization_id uuid, p_id uuid)
returns boolean
language sql
stable
as $$
  select exists (
      select
      from prikke.live_execution as e
      where e.organization_id = p_organization_id
        and e.id = p_id)
    and not exists (
      select
      from prikke.execution_request as r
      where r.organization_id = p_organization_id
        and r.execution_id = p_id
        and r.action = 'cancel')
$$;

comment on function prikke.is_waited_for is 'Whether an execution is live and not to be cancelled.';
