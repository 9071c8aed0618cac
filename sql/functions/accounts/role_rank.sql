-- How far a role reaches; each includes those before it. Null is no role.
create or replace function prikke.role_rank(p_role text)
returns integer
language sql
immutable parallel safe
as $$
  select coalesce(array_position('{viewer,member,admin,owner}', p_role), 0)
$$;

comment on function prikke.role_rank is 'Viewer 1, member 2, admin 3, owner 4; no role 0.';
