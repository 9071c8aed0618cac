-- Keeps a link that makes the mail address it is sent to the one of the person who acts.
create or replace function prikke.request_email_change(p_email text, p_token_hash bytea, p_address text)
returns table (email text, expires_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := prikke.clock();
  v_user_id constant uuid := prikke.acting_user();
  v_email constant text := prikke.require_email(p_email);
begin
  perform prikke.require_recent_sign_in();
  perform prikke.count_sign_in(v_email, p_address);
  return query
    insert into prikke.sign_in as s (id, email, token_hash, wanted, user_id, address, created_at, expires_at)
    values (prikke.new_id(v_now), v_email, p_token_hash, true, v_user_id, p_address, v_now, v_now + interval '15 minutes')
    returning s.email, s.expires_at;
end
$$;

comment on function prikke.request_email_change is 'Keeps a link by which the acting user proves a new address; complete_sign_in makes it theirs.';
