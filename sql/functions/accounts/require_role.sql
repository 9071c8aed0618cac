-- Refuses whoever has less than a role in the caller's organization. Keys are asked for the scope instead, so that one may
-- trigger without writing. A database role is let through: it holds a grant on the function that asks, or is bound.
create or replace function prikke.require_role(p_least text, p_scope text default null)
returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor constant text := prikke.current_actor();
  v_scope constant text := coalesce(p_scope, case p_least when 'viewer' then 'read' when 'member' then 'write' else p_least end);
  v_role text;
  v_scopes text[];
begin
  if v_actor ~ '^key:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    select k.scopes
    into v_scopes
    from prikke.api_key as k
    where k.organization_id = prikke.current_organization()
      and k.id = substr(v_actor, 5)::uuid
      and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > prikke.clock());
    if v_scope = any (v_scopes) or ('write' = any (v_scopes) and v_scope in ('read', 'trigger')) then
      return;
    end if;
    raise exception 'this key may not do that: it needs the scope %', v_scope
      using errcode = 'PK403', constraint = 'scope_missing', hint = format('It has %s.', coalesce(array_to_string(v_scopes, ', '), 'none here'));
  end if;
  v_role := prikke.actor_role(prikke.current_organization(), v_actor);
  if prikke.role_rank(v_role) < prikke.role_rank(p_least) then
    raise exception 'this needs the role %', p_least
      using errcode = 'PK403', constraint = 'role_missing',
        hint = case when v_role is null then 'You do not belong to this organization.' else format('Your role is %s. An admin or owner can change it.', v_role) end;
  end if;
end
$$;

comment on function prikke.require_role is 'Raises PK403 unless the actor has at least this role here, or as a key the scope.';
