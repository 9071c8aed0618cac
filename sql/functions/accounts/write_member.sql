-- Changes or, with no role, ends a membership. Owners' rows are locked first, in one order, so that of two who demote each
-- other at once the second is judged by what the first has left. Nobody touches owners but owners, and other people's
-- ownership only with a recent sign-in: who is made one can shut out all others, who is none any more is. The last one stays.
create or replace function prikke.write_member(p_user_id uuid, p_role text)
returns prikke.member
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_is_self constant boolean := prikke.current_actor() = 'user:' || p_user_id;
  v_member prikke.member;
begin
  perform from prikke.member as m
  where m.organization_id = v_organization_id
    and m.role = 'owner'
  order by m.user_id
  for update;
  select m.*
  into v_member
  from prikke.member as m
  where m.organization_id = v_organization_id
    and m.user_id = p_user_id
  for update;
  if not (v_is_self and p_role is null) then
    perform prikke.require_role(case when 'owner' in (p_role, v_member.role) then 'owner' else 'admin' end);
  end if;
  if 'owner' in (p_role, v_member.role) and not v_is_self then
    perform prikke.require_recent_sign_in();
  end if;
  if v_member.user_id is null then
    raise exception 'user % is no member', p_user_id using errcode = 'PK404', column = 'user_id';
  end if;
  if v_member.role = 'owner' and p_role is distinct from 'owner' and not exists (
    select
    from prikke.member as m
    where m.organization_id = v_organization_id
      and m.role = 'owner'
      and m.user_id <> p_user_id)
  then
    raise exception 'this is the last owner'
      using errcode = 'PK409', constraint = 'last_owner', column = 'user_id', hint = 'Make somebody else an owner first: transfer_ownership.';
  end if;
  if p_role is null then
    delete from prikke.member as m
    where m.organization_id = v_organization_id
      and m.user_id = p_user_id;
  else
    update prikke.member as m
    set role = p_role
    where m.organization_id = v_organization_id
      and m.user_id = p_user_id
    returning m.* into v_member;
  end if;
  return v_member;
end
$$;

comment on function prikke.write_member is 'Changes or ends a membership, by whoever may; PK409 for the last owner.';
