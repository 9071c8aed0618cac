-- Whether whoever asks is below a member, who alone are shown values of headers: viewers, keys that only read or trigger,
-- logins bound to read. A binding wins over the actor, which is not believed from it.
create or replace function prikke.hides_headers()
returns boolean
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_role constant name := coalesce(nullif(current_setting('role'), 'none'), session_user);
  v_actor text;
  v_access text;
begin
  select b.access
  into v_access
  from prikke.binding as b
  where b.role_name in (session_user, v_role)
  order by b.role_name = session_user desc
  limit 1;
  if found then
    return v_access = 'read';
  end if;
  v_actor := prikke.current_actor();
  return v_actor ~ '^(user|key):' and prikke.role_rank(prikke.actor_role(prikke.current_organization(), v_actor)) < prikke.role_rank('member');
end
$$;

comment on function prikke.hides_headers is 'Whether the caller is shown no values of headers, being below a member. Example: select prikke.hides_headers();';
