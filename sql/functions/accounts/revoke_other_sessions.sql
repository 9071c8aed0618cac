-- Signs the person who acts out everywhere but here.
create or replace function prikke.revoke_other_sessions()
returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with ended as (
    delete from prikke.session as s
    where s.user_id = prikke.acting_user()
      and s.id::text <> coalesce(current_setting('prikke.session', true), '')
    returning s.id
  )
  select count(*) from ended
$$;

comment on function prikke.revoke_other_sessions is 'Ends all sessions of the person who acts but the one that acts; answers how many.';
