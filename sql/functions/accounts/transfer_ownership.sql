-- Makes another member an owner, and an owner an admin: the person who acts, else who made the key that acts, unless
-- somebody is named.
create or replace function prikke.transfer_ownership(user_id uuid, from_user_id uuid default null)
returns setof prikke.shown_member
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_actor constant text := prikke.current_actor();
  v_by text := v_actor;
  v_from uuid := transfer_ownership.from_user_id;
begin
  perform prikke.require_role('owner');
  perform prikke.require_recent_sign_in();
  if v_from is null then
    if v_actor like 'key:%' then
      select k.created_by
      into v_by
      from prikke.api_key as k
      where k.organization_id = v_organization_id
        and k.id::text = substr(v_actor, 5);
    end if;
    select m.user_id
    into v_from
    from prikke.member as m
    where m.organization_id = v_organization_id
      and 'user:' || m.user_id = v_by
      and m.role = 'owner';
  end if;
  if v_from is null then
    perform prikke.refuse(jsonb_build_array(prikke.problem('from_user_id', 'required', 'must be given: no owner acts here', 'The owner who becomes an admin; list_members names them.')));
  end if;
  perform prikke.write_member(transfer_ownership.user_id, 'owner');
  if transfer_ownership.user_id = v_from then
    perform prikke.refuse(jsonb_build_array(prikke.problem('user_id', 'invalid', 'is the owner who hands over', 'Choose another member.')));
  end if;
  if not exists (
    select
    from prikke.member as m
    where m.organization_id = v_organization_id
      and m.user_id = v_from
      and m.role = 'owner')
  then
    perform prikke.refuse(jsonb_build_array(prikke.problem('from_user_id', 'invalid', 'is no owner here', 'list_members names the owners.')));
  end if;
  perform prikke.write_member(v_from, 'admin');
  return query
    select m.*
    from prikke.list_members() as m
    where m.user_id in (transfer_ownership.user_id, v_from);
end
$$;

comment on function prikke.transfer_ownership is 'Makes another member an owner, and the owner who acts, or who is named, an admin. Example: select email, role from prikke.transfer_ownership(user_id => ''0198…'');';
