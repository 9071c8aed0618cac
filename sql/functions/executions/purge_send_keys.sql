-- Removes keys of sends that are over and no longer remembered. Locked first and judged in a later statement, since a send
-- may have taken the key in between.
create or replace function prikke.purge_send_keys(p_limit integer)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organizations uuid[];
  v_keys text[];
  v_removed bigint;
begin
  select array_agg(x.organization_id), array_agg(x.key)
  into v_organizations, v_keys
  from (
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
  ) as x;

  delete from prikke.send_key as k
  using unnest(v_organizations, v_keys) as s (organization_id, key)
  where k.organization_id = s.organization_id
    and k.key = s.key
    and not exists (
      select
      from prikke.live_execution as e
      where e.organization_id = k.organization_id
        and e.id = k.execution_id);
  get diagnostics v_removed = row_count;
  return v_removed;
end
$$;

comment on function prikke.purge_send_keys is 'Removes spent keys of sends; answers how many.';
