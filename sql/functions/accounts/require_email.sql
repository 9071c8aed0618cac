-- An address as we keep it, or a refusal.
create or replace function prikke.require_email(p_text text)
returns text
language plpgsql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if prikke.read_email(p_text) is null then
    perform prikke.refuse(jsonb_build_array(prikke.problem('email', 'invalid', 'is no mail address', 'For example "ann@example.com".')));
  end if;
  return prikke.read_email(p_text);
end
$$;

comment on function prikke.require_email is 'A mail address in the form it is kept in; PK422 if it is none.';
