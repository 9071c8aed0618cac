-- Where the person who acts is signed in, newest first.
create or replace function prikke.list_sessions()
returns table (id uuid, created_at timestamptz, signed_in_at timestamptz, last_seen_at timestamptz, address text, agent text, current boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.id, s.created_at, s.signed_in_at, s.last_seen_at, s.address, s.agent,
    s.id::text = coalesce(current_setting('prikke.session', true), '')
  from prikke.session as s
  where s.user_id = prikke.acting_user()
    and s.last_seen_at > prikke.clock() - interval '14 days'
  order by s.created_at desc, s.id
$$;

comment on function prikke.list_sessions is 'The living sessions of the person who acts.';
