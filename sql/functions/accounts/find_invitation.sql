-- The invitation of a link in a mail, for the page that the link opens. It opens nothing else: who accepts signs in with
-- the address that was invited.
create or replace function prikke.find_invitation(p_token_hash bytea)
returns table (id uuid, organization text, email text, role text, expires_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select i.id, o.name, i.email, i.role, i.expires_at
  from prikke.invitation as i
  join prikke.organization as o on o.id = i.organization_id
  where i.token_hash = p_token_hash
    and prikke.invitation_holds(i)
$$;

comment on function prikke.find_invitation is 'What the link of an invitation stands for; no row for one that has ended.';
