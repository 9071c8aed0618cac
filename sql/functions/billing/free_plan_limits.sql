-- After tier or limits of an organization changed: notes that what they held is to be looked at. A trigger, so that it holds
-- for whoever writes; it appends, since people's functions wait for nothing of the engine's.
create or replace function prikke.free_plan_limits()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into prikke.freed_key (organization_id, held_by, key)
  values (new.id, 'limit', ''), (new.id, 'organization', '');
  perform prikke.wake_runners('-infinity');
  return null;
end
$$;

comment on function prikke.free_plan_limits is 'Trigger: what limits of the former plan held is looked at again.';
