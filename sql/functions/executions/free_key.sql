-- Readies who is first behind a key, if it was parked for that; false when the key could not be looked at now. What other
-- holds held is readied in batches.
create or replace function prikke.free_key(p_organization_id uuid, p_held_by text, p_key text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_next uuid;
begin
  if p_held_by not in ('ordering_key', 'overlap') then
    return prikke.free_hold(p_organization_id, p_held_by, p_key);
  end if;
  if not prikke.try_key(p_organization_id, p_held_by, p_key) then
    insert into prikke.freed_key (organization_id, held_by, key)
    values (p_organization_id, p_held_by, p_key);
    return false;
  end if;
  if p_held_by = 'ordering_key' then
    select e.id
    into v_next
    from prikke.live_execution as e
    where e.organization_id = p_organization_id
      and e.ordering_key = p_key
    order by e.scheduled_for, e.position
    limit 1;
  else
    select e.id
    into v_next
    from prikke.live_execution as e
    where e.organization_id = p_organization_id
      and e.job_id = p_key::uuid
    order by e.scheduled_for, e.position
    limit 1;
  end if;
  perform from prikke.live_execution as e
  where e.organization_id = p_organization_id
    and e.id = v_next
    and e.held_by = p_held_by
  for update skip locked;
  if found then
    update prikke.live_execution as e
    set held_by = null,
        ready = e.due_at <= prikke.clock()
    where e.organization_id = p_organization_id
      and e.id = v_next
      and e.held_by = p_held_by;
  elsif exists (
    select
    from prikke.live_execution as e
    where e.organization_id = p_organization_id
      and e.id = v_next
      and e.held_by = p_held_by)
  then
    insert into prikke.freed_key (organization_id, held_by, key)
    values (p_organization_id, p_held_by, p_key);
    return false;
  end if;
  return true;
end
$$;

comment on function prikke.free_key is 'Readies the next execution behind one ordering key or job.';
