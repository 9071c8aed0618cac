-- Whom the settings prikke.organization, prikke.actor and prikke.source are believed from. Who owns the schema, itself or
-- as a member of prikke_owner, could do anything anyway: the database need not be theirs.
create or replace function prikke.may_choose(p_role name)
returns boolean
language plpgsql
stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Two answers from caches; the third reads a catalog, and every send asks.
  if p_role = 'prikke_web' or pg_has_role(p_role, 'pg_database_owner', 'usage') then
    return true;
  end if;
  return pg_has_role(p_role, (select n.nspowner from pg_namespace as n where n.nspname = 'prikke'), 'usage');
end
$$;

comment on function prikke.may_choose is
  'Whether this role may choose an organization and say who acts: the web, owners of database or schema, superusers.';
