-- Readies what a lane, host or organization held, a thousand at a time; a note is left while there is more. False when it
-- could not be looked at now. A pause that has ended is no lateness: the time counts anew.
create or replace function prikke.free_hold(p_organization_id uuid, p_held_by text, p_key text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c_most constant bigint := 1000;
  v_most bigint := c_most;
  v_missed integer := 0;
  v_limit bigint;
  v_kind constant text := case
    when p_held_by in ('breaker', 'host') then 'host'
    when p_held_by in ('organization', 'limit') then 'organization'
    else 'lane'
  end;
  v_looked constant boolean := prikke.try_key(p_organization_id, v_kind, p_key);
begin
  if v_looked and p_held_by = 'limit' then
    v_missed := prikke.catch_up_limit(p_organization_id);
    v_limit := prikke.plan_limit(p_organization_id, 'executions');
    if v_limit is not null then
      v_most := least(c_most, greatest(v_limit - prikke.count_usage(p_organization_id), 0));
    end if;
  end if;
  if v_looked and v_missed < c_most and prikke.free_held(p_organization_id, p_held_by, p_key, v_most) < c_most then
    if p_held_by = 'limit' then
      -- What is left waits for the next month, whether or not anything new comes.
      insert into prikke.plan_hold (organization_id, free_at)
      select p_organization_id, prikke.month_end(prikke.clock())
      where exists (
        select
        from prikke.live_execution as e
        where e.organization_id = p_organization_id
          and e.held_by = 'limit')
      on conflict (organization_id) do nothing;
    end if;
    return true;
  end if;
  insert into prikke.freed_key (organization_id, held_by, key)
  values (p_organization_id, p_held_by, p_key);
  return v_looked;
end
$$;

comment on function prikke.free_hold is 'Readies up to a thousand of what a hold kept back, and notes that there is more.';
