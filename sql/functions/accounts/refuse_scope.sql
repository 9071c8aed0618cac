-- Refuses what the scopes do not allow. Writing includes reading and triggering; nothing includes admin or owner.
create or replace function prikke.refuse_scope(p_function text, p_scopes text[])
returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_needed constant text := prikke.needed_scope(p_function);
begin
  if v_needed = any (p_scopes) or ('write' = any (p_scopes) and v_needed in ('read', 'trigger')) then
    return;
  end if;
  raise exception 'this key may not do that: it needs the scope %', v_needed
    using errcode = 'PK403', constraint = 'scope_missing', hint = format('It has %s.', array_to_string(p_scopes, ', '));
end
$$;

comment on function prikke.refuse_scope is 'Raises PK403 unless the scopes allow the function.';
