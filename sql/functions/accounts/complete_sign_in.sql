-- Redeems a link, in one statement and once: the user of its address, made at the first sign-in together with the
-- organization that was named, and a new session. A link that changes an address ends every other session and change of that
-- person: whoever began it might not be who has the new address. The one it takes the place of is to be told (former_email).
create or replace function prikke.complete_sign_in(
  p_token_hash bytea,
  p_session_hash bytea,
  p_address text default null,
  p_agent text default null
)
returns table (user_id uuid, email text, session_id uuid, slug text, created boolean, former_email text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := prikke.clock();
  v_link prikke.sign_in;
begin
  update prikke.sign_in as s
  set used_at = v_now
  where s.token_hash = p_token_hash
    and s.used_at is null
    and s.expires_at > v_now
    and s.wanted
  returning s.* into v_link;
  if not found then
    raise exception 'this link was used, or is older than fifteen minutes'
      using errcode = 'PK410', constraint = 'link_ended', hint = 'Ask for a new one.';
  end if;

  perform set_config('prikke.source', coalesce('page ' || p_address, ''), true);
  email := v_link.email;
  session_id := prikke.new_id(v_now);
  if v_link.user_id is not null then
    user_id := v_link.user_id;
    perform set_config('prikke.actor', 'user:' || user_id, true);
    select u.email
    into former_email
    from prikke.app_user as u
    where u.id = v_link.user_id;
    begin
      update prikke.app_user as u
      set email = v_link.email
      where u.id = v_link.user_id;
    exception when unique_violation then
      raise exception 'somebody else has the address %', v_link.email using errcode = 'PK409', column = 'email';
    end;
    delete from prikke.session as s
    where s.user_id = v_link.user_id;
    update prikke.sign_in as s
    set used_at = v_now
    where s.user_id = v_link.user_id
      and s.used_at is null
      and s.created_at > v_now - interval '15 minutes';
    created := false;
  else
    insert into prikke.app_user as u (id, email, created_at)
    values (prikke.new_id(v_now), v_link.email, v_now)
    on conflict (email) do nothing
    returning u.id into user_id;
    created := found;
    if not created then
      select u.id
      into user_id
      from prikke.app_user as u
      where u.email = v_link.email;
    end if;
    perform set_config('prikke.actor', 'user:' || user_id, true);
    if created and v_link.organization_name is not null then
      slug := (prikke.create_organization(name => v_link.organization_name)).slug;
    end if;
  end if;

  insert into prikke.session (id, user_id, token_hash, created_at, signed_in_at, last_seen_at, address, agent)
  values (session_id, user_id, p_session_hash, v_now, v_now, v_now, p_address, left(p_agent, 300));
  return next;
end
$$;

comment on function prikke.complete_sign_in is 'Redeems a sign-in link once: makes the user if new, with the organization asked for, and a session. PK410 for a link that has ended.';
