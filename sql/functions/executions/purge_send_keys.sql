-- Removes keys of sends that are over and no longer remembered.
create or replace function prikke.purge_send_keys(p_limit integer)
returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with spent as (
    select k.organization_id, k.key
    from prikke.send_key as k
    where k.expires_at < prikke.clock()
      and not exists (
        select
        from prikke.live_execution as e
        where e.organization_id = k.organization_id
          and e.id = k.execution_id)
    limit p_limit
    for update skip locked
  ), removed as (
    delete from prikke.send_key as k
    using spent as s
    where k.organization_id = s.organization_id
      and k.key = s.key
    returning k.key
  )
  select count(*)
  from removed
$$;

comment on function prikke.purge_send_keys is 'Removes spent keys of sends; answers how many.';
