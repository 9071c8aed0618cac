-- Removes a secret, unless a living job names it.
create or replace function prikke.delete_secret(name text)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_mark constant text := '{{secret.' || delete_secret.name || '}}';
  v_job record;
begin
  perform prikke.require_role('admin');
  perform from prikke.secret as s
  where s.organization_id = v_organization_id
    and s.name = delete_secret.name
  for update;
  if not found then
    raise exception 'secret "%" does not exist', delete_secret.name using errcode = 'PK404', column = 'name';
  end if;
  select count(*) as count, min(d.name) as name
  into v_job
  from prikke.job_definition as d
  where d.organization_id = v_organization_id
    and d.deleted_at is null
    and (position(v_mark in d.headers::text) > 0 or position(v_mark in d.body) > 0);
  if v_job.count > 0 then
    raise exception 'secret "%" is used by % job(s), for example "%"', delete_secret.name, v_job.count, v_job.name
      using errcode = 'PK409', column = 'name', constraint = 'secret_in_use', hint = 'Change or delete them first.';
  end if;
  delete from prikke.secret as s
  where s.organization_id = v_organization_id
    and s.name = delete_secret.name;
  update prikke.organization as o
  set secrets_changed_at = greatest(prikke.clock(), o.secrets_changed_at + interval '1 microsecond')
  where o.id = v_organization_id;
  return delete_secret.name;
end
$$;

comment on function prikke.delete_secret is 'Deletes a secret that no living job uses. Example: select prikke.delete_secret(name => ''API_TOKEN'');';
