-- Makes a user without a mail, for an operator; the same user where the address has one.
create or replace function prikke.create_user(p_email text)
returns table (id uuid, email text, created boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_email constant text := prikke.require_email(p_email);
  v_now constant timestamptz := prikke.clock();
begin
  insert into prikke.app_user as u (id, email, created_at)
  values (prikke.new_id(v_now), v_email, v_now)
  on conflict (email) do nothing
  returning u.id into id;
  created := found;
  if not created then
    select u.id
    into id
    from prikke.app_user as u
    where u.email = v_email;
  end if;
  email := v_email;
  return next;
end
$$;

comment on function prikke.create_user is 'Makes a user for a mail address, or finds the one it has. For operators: `prikke user create`.';
