-- Makes the person who acts a member as invited; whoever is one already keeps the higher role.
create or replace function prikke.accept_invitation(id uuid)
returns table (organization_id uuid, slug text, name text, role text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_user_id constant uuid := prikke.acting_user();
  v_invitation constant prikke.invitation := prikke.answer_invitation(accept_invitation.id);
begin
  insert into prikke.member as m (organization_id, user_id, role, joined_at)
  values (v_invitation.organization_id, v_user_id, v_invitation.role, prikke.clock())
  on conflict (organization_id, user_id) do update
  set role = excluded.role
  where prikke.role_rank(excluded.role) > prikke.role_rank(m.role);
  return query
    select o.id, o.slug, o.name, m.role
    from prikke.organization as o
    join prikke.member as m on m.organization_id = o.id and m.user_id = v_user_id
    where o.id = v_invitation.organization_id;
end
$$;

comment on function prikke.accept_invitation is 'Accepts an invitation, once, by the person whose address was invited. Example: select slug, role from prikke.accept_invitation(id => ''0198…'');';
