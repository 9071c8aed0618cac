-- The keys of the caller's organization that are not revoked, newest first; expired ones are among them.
create or replace function prikke.list_keys()
returns setof prikke.key
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select k.*
  from prikke.key as k
  order by k.created_at desc, k.id desc
$$;

comment on function prikke.list_keys is 'Keys that are not revoked: names, scopes, when last used; never a secret. Example: select name, scopes, last_used_at from prikke.list_keys();';
