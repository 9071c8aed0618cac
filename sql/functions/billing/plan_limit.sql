-- A limit of an organization's plan: its own where it has one, else its tier's; null where plans are off, or without end.
create or replace function prikke.plan_limit(p_organization_id uuid, p_name text)
returns bigint
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from prikke.setting as s where s.name = 'plans' and s.value = 'true') then
    return null;
  end if;
  return (
    select coalesce((o.limits ->> p_name)::bigint, prikke.plan_default(o.tier, p_name))
    from prikke.organization as o
    where o.id = p_organization_id);
end
$$;

comment on function prikke.plan_limit is 'A limit of an organization''s plan (jobs, executions a month, retention_days); null for none.';
