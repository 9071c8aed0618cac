-- Deletes the caller's organization with everything of it, once its slug is typed. At once: nobody belongs to it, its keys
-- and logins are refused, its jobs are deleted and what waits is cancelled. Its rows go in batches, by upkeep, when the last
-- of what is running has ended.
create or replace function prikke.delete_organization(confirm text)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_organization prikke.organization;
  v_role name;
begin
  perform prikke.require_role('owner');
  perform prikke.require_recent_sign_in();
  select o.*
  into v_organization
  from prikke.organization as o
  where o.id = v_organization_id
    and o.deleted_at is null
  for update;
  if not found then
    raise exception 'this organization is deleted already' using errcode = 'PK404';
  end if;
  if delete_organization.confirm is distinct from v_organization.slug then
    perform prikke.refuse(jsonb_build_array(prikke.problem('confirm', 'mismatch', format('must be "%s"', v_organization.slug), 'It cannot be undone.')));
  end if;
  if exists (
    select
    from prikke.subscription as s
    where s.organization_id = v_organization_id
      and s.status in ('on_trial', 'active', 'past_due', 'paused'))
  then
    raise exception 'a subscription is still being paid for' using errcode = 'PK409', constraint = 'subscription_runs', hint = 'Cancel it first.';
  end if;
  update prikke.job_definition as d
  set deleted_at = v_now
  where d.organization_id = v_organization_id
    and d.deleted_at is null;
  insert into prikke.execution_request (organization_id, execution_id, action, requested_by)
  select e.organization_id, e.id, 'cancel', prikke.current_actor()
  from prikke.live_execution as e
  where e.organization_id = v_organization_id
    and not exists (
      select
      from prikke.execution_request as r
      where r.organization_id = e.organization_id
        and r.execution_id = e.id);
  for v_role in
    delete from prikke.binding as b
    where b.organization_id = v_organization_id
    returning b.role_name
  loop
    if exists (select from pg_roles as r where r.rolname = v_role) then
      perform prikke.apply_access(v_role, null);
    end if;
  end loop;
  delete from prikke.api_key as k
  where k.organization_id = v_organization_id;
  delete from prikke.invitation as i
  where i.organization_id = v_organization_id;
  update prikke.organization as o
  set deleted_at = v_now
  where o.id = v_organization_id;
  delete from prikke.member as m
  where m.organization_id = v_organization_id;
  perform prikke.wake_runners('-infinity');
  return v_organization_id;
end
$$;

comment on function prikke.delete_organization is
  'Deletes this organization with everything of it, when its slug is typed; owners only, and it cannot be undone. Example: select prikke.delete_organization(confirm => ''acme'');';
