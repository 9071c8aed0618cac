-- As what an actor acts in an organization: users as what they are there, keys by their scopes; null where they have no
-- business. Whoever else the actor names was let in by a database role, whose grants decide.
create or replace function prikke.actor_role(p_organization_id uuid, p_actor text)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_id uuid;
begin
  if p_actor !~ '^(user|key):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return 'owner';
  end if;
  v_id := split_part(p_actor, ':', 2);
  if p_actor like 'user:%' then
    return (
      select m.role
      from prikke.member as m
      where m.organization_id = p_organization_id
        and m.user_id = v_id);
  end if;
  return (
    select case
      when 'owner' = any (k.scopes) then 'owner'
      when 'admin' = any (k.scopes) then 'admin'
      when 'write' = any (k.scopes) then 'member'
      else 'viewer'
    end
    from prikke.api_key as k
    where k.organization_id = p_organization_id
      and k.id = v_id
      and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > prikke.clock()));
end
$$;

comment on function prikke.actor_role is 'The role of a user or key in an organization: viewer, member, admin, owner; null for none.';
