-- Who acts, for "paused by" and the audit: the setting prikke.actor, believed on the same terms as the organization; else
-- the role. What runners do they do for Prikke.
create or replace function prikke.current_actor()
returns text
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when r.name = 'prikke_runner' then 'prikke'
    when prikke.may_choose(r.name)
    then coalesce(nullif(current_setting('prikke.actor', true), ''), 'role:' || r.name)
    else 'role:' || r.name
  end
  from (select coalesce(nullif(current_setting('role'), 'none'), session_user) as name) as r
$$;

comment on function prikke.current_actor is 'Who acts: "user:…", "key:…", "role:…" or "prikke".';
