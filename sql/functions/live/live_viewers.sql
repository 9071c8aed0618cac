-- Who of those with a page open may still look: the sessions that live, each with the organizations of its person.
create or replace function prikke.live_viewers(p_session_hashes bytea[])
returns table (session_hash bytea, organization_id uuid)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.token_hash, m.organization_id
  from prikke.session as s
  join prikke.member as m on m.user_id = s.user_id
  join prikke.organization as o on o.id = m.organization_id and o.deleted_at is null
  where s.token_hash = any (p_session_hashes)
    and s.last_seen_at > prikke.clock() - interval '14 days'
$$;

comment on function prikke.live_viewers is 'Which sessions may look into which organizations; asked for open pages again and again.';
