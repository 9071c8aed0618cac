-- Whose session this is; no row for one that is unknown, removed, or was not seen for fourteen days. That it is seen is
-- written at most every five minutes, and never waited for.
create or replace function prikke.authenticate_session(p_session_hash bytea)
returns table (session_id uuid, user_id uuid, email text, signed_in_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := prikke.clock();
  v_session record;
begin
  select s.id, s.user_id, u.email, s.signed_in_at, s.last_seen_at
  into v_session
  from prikke.session as s
  join prikke.app_user as u on u.id = s.user_id
  where s.token_hash = p_session_hash
    and s.last_seen_at > v_now - interval '14 days';
  if not found then
    return;
  end if;
  if v_session.last_seen_at < v_now - interval '5 minutes' then
    update prikke.session as s
    set last_seen_at = v_now
    from (
      select f.id
      from prikke.session as f
      where f.id = v_session.id
      for update skip locked
    ) as free
    where s.id = free.id;
  end if;
  return query select v_session.id, v_session.user_id, v_session.email, v_session.signed_in_at;
end
$$;

comment on function prikke.authenticate_session is 'User and address of a living session; no row otherwise.';
