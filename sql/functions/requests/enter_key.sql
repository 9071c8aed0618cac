-- Lets a program in for the rest of this transaction: sets organization, actor and source by its key, once it is
-- established that the key may call the function at hand. The same answer for every key that does not hold.
create or replace function prikke.enter_key(p_public_id text, p_secret_hash bytea, p_function text, p_source text)
returns table (organization_id uuid, key_id uuid, scopes text[])
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_key record;
begin
  select k.*
  into v_key
  from prikke.authenticate_key(p_public_id, p_secret_hash) as k;
  if not found then
    raise exception 'this key is not known, or no longer valid'
      using errcode = 'PK401', hint = 'Send "Authorization: Bearer pk_live_….sk_live_…".';
  end if;
  perform prikke.refuse_scope(p_function, v_key.scopes);
  perform set_config('prikke.organization', v_key.organization_id::text, true),
    set_config('prikke.actor', 'key:' || v_key.key_id, true),
    set_config('prikke.source', p_source, true);
  return query select v_key.organization_id, v_key.key_id, v_key.scopes;
end
$$;

comment on function prikke.enter_key is 'Acts as a key for the rest of the transaction; PK401 if it is none, PK403 if it may not.';
