-- Keeps a link for signing in, of which the caller mails the token where `wanted` says so. A row is written in any case, so
-- that answer, time and limits are the same whether anybody has the address. An operator asks from no place (null), so that
-- strangers who use up the mails of an address do not keep out whom a command is to let in.
create or replace function prikke.request_sign_in(
  p_email text,
  p_token_hash bytea,
  p_address text,
  p_organization_name text default null
)
returns table (wanted boolean, email text, expires_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := prikke.clock();
  v_email constant text := prikke.require_email(p_email);
  v_name constant text := nullif(btrim(p_organization_name), '');
begin
  if char_length(v_name) > 200 or v_name ~ '[[:cntrl:]]' then
    perform prikke.refuse(jsonb_build_array(prikke.problem('organization_name', 'invalid', 'must have 1 to 200 characters and no control characters')));
  end if;
  if p_address is not null then
    perform prikke.count_sign_in(v_email, p_address);
  end if;
  return query
    insert into prikke.sign_in as s (id, email, token_hash, wanted, organization_name, address, created_at, expires_at)
    values (
      prikke.new_id(v_now), v_email, p_token_hash,
      coalesce(prikke.setting_value('sign_up') #>> '{}', 'open') = 'open'
      or exists (select from prikke.app_user as u where u.email = v_email)
      or exists (select from prikke.invitation as i where i.email = v_email and prikke.invitation_holds(i)),
      v_name, coalesce(p_address, 'command'), v_now, v_now + interval '15 minutes')
    returning s.wanted, s.email, s.expires_at;
end
$$;

comment on function prikke.request_sign_in is 'Keeps a sign-in link for fifteen minutes; answers whether a mail with its token is to be sent. PK429 beyond the limits.';
