-- Changes what a person sets for themselves: the zone in which pages show times. Null leaves it.
create or replace function prikke.update_user(p_timezone text default null)
returns table (id uuid, email text, timezone text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_user_id constant uuid := prikke.acting_user();
  v_problem constant jsonb := prikke.timezone_problem(p_timezone);
begin
  if v_problem is not null then
    perform prikke.refuse(jsonb_build_array(v_problem));
  end if;
  return query
    update prikke.app_user as u
    set timezone = coalesce(p_timezone, u.timezone)
    where u.id = v_user_id
    returning u.id, u.email, u.timezone;
end
$$;

comment on function prikke.update_user is 'Changes the settings of the person who acts.';
