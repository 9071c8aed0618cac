-- Counts a request, in a transaction of its own, so that one that is refused later has counted too: a key that holds by
-- itself, everybody else by address. PK429 where it is too many.
create or replace function prikke.count_request(p_public_id text, p_secret_hash bytea, p_address text)
returns table (most integer, remaining integer, full_in integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
#variable_conflict use_column
declare
  v_key record;
  v_spent record;
  v_limits constant jsonb := prikke.limits();
  v_per_second bigint;
  v_burst bigint;
begin
  select k.*
  into v_key
  from prikke.authenticate_key(p_public_id, p_secret_hash) as k;
  if found then
    v_per_second := coalesce((v_limits ->> 'api_per_second')::bigint, 100);
    v_burst := coalesce((v_limits ->> 'api_burst')::bigint, 200);
    select s.* into v_spent from prikke.spend_request('key:' || v_key.key_id, v_per_second, v_burst) as s;
    -- A request never waits to say that it came.
    if v_key.last_used_at is null or v_key.last_used_at < prikke.clock() - interval '5 minutes' then
      update prikke.api_key as k
      set last_used_at = prikke.clock()
      from (
        select f.organization_id, f.id
        from prikke.api_key as f
        where f.organization_id = v_key.organization_id
          and f.id = v_key.key_id
        for update skip locked
      ) as free
      where k.organization_id = free.organization_id
        and k.id = free.id;
    end if;
  else
    v_per_second := coalesce((v_limits ->> 'anonymous_per_second')::bigint, 10);
    v_burst := coalesce((v_limits ->> 'anonymous_burst')::bigint, 50);
    select s.* into v_spent from prikke.spend_request('ip:' || p_address, v_per_second, v_burst) as s;
  end if;
  if v_spent.wait is not null then
    raise exception 'too many requests: % a second, % at once', v_per_second, v_burst
      using errcode = 'PK429', hint = 'Wait as long as Retry-After says.',
        detail = jsonb_build_object('limit', v_burst, 'retry_after_ms', ceil(extract(epoch from v_spent.wait) * 1000))::text;
  end if;
  return query select v_burst::integer, v_spent.remaining, ceil((v_burst - v_spent.remaining)::numeric / v_per_second)::integer;
end
$$;

comment on function prikke.count_request is 'Counts a request by key or address; PK429 with the wait in DETAIL where it is too many.';
