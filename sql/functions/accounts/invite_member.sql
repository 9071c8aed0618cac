-- Invites somebody by mail address. The role reaches no higher than the inviter's own. A second invitation of the same
-- address takes the place of the first. The link in the mail is the caller's, of which only the hash comes here; without
-- one mail_invitations makes it, where mails are sent.
create or replace function prikke.invite_member(email text, role text default 'member', token_hash bytea default null)
returns prikke.shown_invitation
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_actor constant text := prikke.current_actor();
  v_email text;
  v_invitation prikke.shown_invitation;
begin
  perform prikke.require_role('admin');
  v_email := prikke.require_email(invite_member.email);
  if prikke.role_rank(invite_member.role) = 0 then
    perform prikke.refuse(jsonb_build_array(prikke.problem('role', 'unknown', format('"%s" is no role', invite_member.role), 'viewer, member, admin or owner')));
  end if;
  if invite_member.role = 'owner' then
    perform prikke.require_role('owner');
    perform prikke.require_recent_sign_in();
  end if;
  if exists (
    select
    from prikke.member as m
    join prikke.app_user as u on u.id = m.user_id
    where m.organization_id = v_organization_id
      and u.email = v_email)
  then
    raise exception '% is a member already', v_email using errcode = 'PK409', column = 'email', constraint = 'already_member';
  end if;
  if (select count(*) from prikke.invitation as i where i.organization_id = v_organization_id and i.expires_at > v_now) >= 100 then
    raise exception 'a hundred invitations wait for an answer' using errcode = 'PK409', hint = 'Withdraw some first.';
  end if;
  -- Each is a mail to somebody who did not ask for it. What was withdrawn meanwhile counts too.
  if (
    select count(*)
    from prikke.audit_entry as a
    where a.organization_id = v_organization_id
      and a.subject_kind = 'invitation'
      and a.action <> 'delete'
      and a.at > v_now - interval '1 hour') >= prikke.limit_value('invitations_per_hour', 50)
  then
    raise exception 'an organization invites at most % times an hour', prikke.limit_value('invitations_per_hour', 50)
      using errcode = 'PK429', constraint = 'too_many_invitations', hint = 'Try again later.',
        detail = jsonb_build_object('retry_after_ms', 3600000, 'limit', prikke.limit_value('invitations_per_hour', 50))::text;
  end if;
  delete from prikke.invitation as i
  where i.organization_id = v_organization_id
    and i.email = v_email;
  insert into prikke.invitation as i (organization_id, id, email, role, token_hash, invited_by, created_at, expires_at)
  values (v_organization_id, prikke.new_id(v_now), v_email, invite_member.role, invite_member.token_hash, v_actor, v_now, v_now + interval '7 days')
  on conflict (organization_id, email) do update
  set role = excluded.role,
      token_hash = excluded.token_hash,
      invited_by = excluded.invited_by,
      created_at = excluded.created_at,
      expires_at = excluded.expires_at
  returning i.id, i.email, i.role, i.invited_by, i.created_at, i.expires_at
  into v_invitation;
  return v_invitation;
end
$$;

comment on function prikke.invite_member is
  'Invites a mail address for seven days; admins and owners only, with a role not above their own. The web process mails it. Example: select id, expires_at from prikke.invite_member(email => ''ann@example.com'', role => ''member'');';
