-- What history says of a failure, for people.
create or replace function prikke.failure_detail(p_organization_id uuid, p_execution_id uuid, p_finished_at timestamptz)
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((
    select jsonb_build_object('status', e.status, 'status_code', e.status_code, 'error', left(e.error_message, 500), 'attempts', e.attempt)
    from prikke.past_execution as e
    where e.organization_id = p_organization_id
      and e.id = p_execution_id
      and e.finished_at = p_finished_at), '{}')
$$;

comment on function prikke.failure_detail is 'Status, code and error of an execution that ended.';
