-- From where a caller acts, for the audit: the setting prikke.source, believed on the same terms as the actor; else what
-- the connection tells.
create or replace function prikke.current_source()
returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_role constant name := coalesce(nullif(current_setting('role'), 'none'), session_user);
begin
  return left(coalesce(
    case
      when prikke.may_choose(v_role)
      then nullif(current_setting('prikke.source', true), '')
    end,
    case
      when v_role = 'prikke_runner' then 'runner'
      else 'sql ' || coalesce(host(inet_client_addr()), 'local')
    end), 200);
end
$$;

comment on function prikke.current_source is 'From where the caller acts: "api 203.0.113.7", "sql local", "runner" …';
