-- Tells breakers how a batch went, in the batch's order; what another runner is looking at is noted for the next tick.
create or replace function prikke.note_hosts(
  p_organizations uuid[],
  p_hosts text[],
  p_failed boolean[],
  p_retry_after interval[],
  p_messages text[]
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_host record;
begin
  for v_host in
    with outcome as (
      select o.*
      from unnest(p_organizations, p_hosts, p_failed, p_retry_after, p_messages) with ordinality
        as o (organization_id, host, failed, retry_after, message, number)
      where o.host is not null
    ), success as (
      select o.organization_id, o.host, max(o.number) filter (where not o.failed) as number
      from outcome as o
      group by o.organization_id, o.host
    )
    select o.organization_id, o.host,
      count(*) filter (where o.failed and o.number > coalesce(s.number, 0)) as failures,
      bool_or(not o.failed) as succeeded,
      max(o.retry_after) filter (where o.failed) as retry_after,
      (array_agg(o.message order by o.number desc) filter (where o.failed))[1] as message
    from outcome as o
    join success as s on s.organization_id = o.organization_id and s.host = o.host
    group by o.organization_id, o.host
  loop
    if not prikke.note_host(v_host.organization_id, v_host.host, v_host.failures::integer, v_host.succeeded, v_host.retry_after, v_host.message) then
      insert into prikke.host_outcome (organization_id, host, failures, succeeded, retry_after, message)
      values (v_host.organization_id, v_host.host, v_host.failures, v_host.succeeded, v_host.retry_after, left(v_host.message, 500));
    end if;
  end loop;
end
$$;

comment on function prikke.note_hosts is 'Tells the breakers of all hosts of a batch how it went.';
