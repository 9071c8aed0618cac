-- Removes what requests leave behind: answers kept for a day, and rates that have come to rest.
create or replace function prikke.purge_requests(p_limit integer)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_removed bigint;
  v_rows bigint;
begin
  delete from prikke.idempotency_key as k
  where (k.organization_id, k.key) in (
    select x.organization_id, x.key
    from prikke.idempotency_key as x
    where x.created_at < v_now - interval '24 hours'
    limit p_limit
    for update skip locked);
  get diagnostics v_removed = row_count;
  delete from prikke.request_rate as r
  where r.subject in (
    select x.subject
    from prikke.request_rate as x
    where x.tat < v_now - interval '1 minute'
    limit p_limit
    for update skip locked);
  get diagnostics v_rows = row_count;
  return v_removed + v_rows;
end
$$;

comment on function prikke.purge_requests is 'Removes old answers and rates at rest; answers how many.';
