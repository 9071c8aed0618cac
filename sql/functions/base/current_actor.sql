-- Who acts, for "paused by" and the audit: the setting prikke.actor, believed on the same terms as the organization; else
-- the role. What runners do they do for Prikke. In plpgsql, which keeps its plans.
create or replace function prikke.current_actor()
returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_role constant name := coalesce(nullif(current_setting('role'), 'none'), session_user);
begin
  return case
    when v_role = 'prikke_runner' then 'prikke'
    when prikke.may_choose(v_role)
    then coalesce(nullif(current_setting('prikke.actor', true), ''), 'role:' || v_role)
    else 'role:' || v_role
  end;
end
$$;

comment on function prikke.current_actor is 'Who acts: "user:…", "key:…", "role:…" or "prikke".';
