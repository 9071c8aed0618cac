-- Records a key that a process made: its public half and the hash of its secret. The clear secret never comes here. A key
-- that may do what is for owners is made by owners only.
create or replace function prikke.create_key(
  name text,
  public_id text,
  secret_hash bytea,
  scopes text[] default '{read,write,trigger}',
  expires_at timestamptz default null
)
returns prikke.key
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  c_known constant text[] := '{read,write,trigger,admin,owner}';
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_problems jsonb := '[]';
  v_id constant uuid := prikke.new_id(v_now);
  v_key prikke.key;
begin
  perform prikke.require_role('admin');
  if coalesce(btrim(name), '') = '' or char_length(name) > 200 or name ~ '[[:cntrl:]]' then
    v_problems := v_problems || prikke.problem('name', 'invalid', 'must have 1 to 200 characters and no control characters', 'For example "continuous integration".');
  end if;
  if public_id !~ '^pk_live_[A-Za-z0-9]{16,64}$' or octet_length(secret_hash) <> 32 then
    v_problems := v_problems || prikke.problem('public_id', 'invalid', 'and secret_hash are made by the program', 'prikke key create --organization …');
  end if;
  if scopes is null or cardinality(scopes) = 0 or array_position(scopes, null) is not null or not scopes <@ c_known then
    v_problems := v_problems || prikke.problem('scopes', 'unknown', 'must be one or more of ' || array_to_string(c_known, ', '), 'write includes read and trigger.');
  end if;
  if expires_at <= v_now then
    v_problems := v_problems || prikke.problem('expires_at', 'past', 'lies in the past');
  end if;
  perform prikke.refuse(v_problems);
  if 'owner' = any (scopes) then
    perform prikke.require_role('owner');
  end if;
  insert into prikke.api_key (organization_id, id, public_id, secret_hash, name, scopes, created_by, created_at, expires_at)
  values (
    v_organization_id, v_id, public_id, secret_hash, btrim(name),
    array(select n.scope from unnest(c_known) as n (scope) where n.scope = any (create_key.scopes)),
    prikke.current_actor(), v_now, expires_at);
  select k.*
  into v_key
  from prikke.key as k
  where k.id = v_id;
  return v_key;
end
$$;

comment on function prikke.create_key is 'Records a key of this organization; REST, page and `prikke key create` make its secret.';
