-- Lets a person in for the rest of this transaction: sets actor, source and, where one is named, the organization, once it
-- is established that the person belongs there and may call the function at hand. An organization of others is answered
-- like one that does not exist.
create or replace function prikke.enter_session(
  p_session_hash bytea,
  p_organization text default null,
  p_function text default null,
  p_source text default null
)
returns table (user_id uuid, email text, session_id uuid, signed_in_at timestamptz, organization_id uuid, slug text, name text, tier text, role text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_least constant text := case prikke.needed_scope(p_function) when 'read' then 'viewer' when 'admin' then 'admin' when 'owner' then 'owner' else 'member' end;
begin
  select s.user_id, s.email, s.session_id, s.signed_in_at
  into user_id, email, session_id, signed_in_at
  from prikke.authenticate_session(p_session_hash) as s;
  if not found then
    raise exception 'nobody is signed in here' using errcode = 'PK401', hint = 'Sign in.';
  end if;
  if p_organization is not null then
    select o.id, o.slug, o.name, o.tier, m.role
    into organization_id, slug, name, tier, role
    from prikke.organization as o
    join prikke.member as m on m.organization_id = o.id and m.user_id = enter_session.user_id
    where o.slug = p_organization
      and o.deleted_at is null;
    if not found then
      raise exception 'organization "%" does not exist', p_organization using errcode = 'PK404', column = 'organization';
    end if;
    if p_function is not null and prikke.role_rank(role) < prikke.role_rank(v_least) then
      raise exception 'this needs the role %', v_least
        using errcode = 'PK403', constraint = 'role_missing', hint = format('Your role is %s. An admin or owner can change it.', role);
    end if;
  end if;
  perform set_config('prikke.organization', coalesce(organization_id::text, ''), true),
    set_config('prikke.actor', 'user:' || user_id, true),
    set_config('prikke.source', coalesce(p_source, ''), true),
    set_config('prikke.session', session_id::text, true),
    set_config('prikke.signed_in_at', signed_in_at::text, true);
  return next;
end
$$;

comment on function prikke.enter_session is 'Acts as the person of a session for the rest of the transaction, in an organization if one is named; PK401, PK403, PK404 where that is not so.';
