-- The signed-in person who acts; refused where nobody is.
create or replace function prikke.acting_user()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor constant text := prikke.current_actor();
begin
  if v_actor ~ '^user:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return substr(v_actor, 6)::uuid;
  end if;
  raise exception 'only somebody who is signed in can do this'
    using errcode = 'PK401', hint = format('It is %s who acts.', v_actor);
end
$$;

comment on function prikke.acting_user is 'The user who acts; PK401 where it is none.';
