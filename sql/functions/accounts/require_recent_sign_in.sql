-- What does harm that cannot be taken back asks for a sign-in of the last fifteen minutes. It concerns people only: whoever
-- holds a key or a database role shows it with each call.
create or replace function prikke.require_recent_sign_in()
returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if prikke.current_actor() like 'user:%'
     and (nullif(current_setting('prikke.signed_in_at', true), '')::timestamptz > prikke.clock() - interval '15 minutes') is not true
  then
    raise exception 'sign in again to do this'
      using errcode = 'PK403', constraint = 'sign_in_again', hint = 'Your last sign-in is more than fifteen minutes ago.';
  end if;
end
$$;

comment on function prikke.require_recent_sign_in is 'Raises PK403 "sign_in_again" unless the person who acts signed in within the last fifteen minutes.';
