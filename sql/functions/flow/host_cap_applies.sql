-- Whether the open requests to one host need counting: not while all runners together could not exceed the cap. Every claim
-- asks, hence plpgsql, which keeps its plans.
create or replace function prikke.host_cap_applies()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(sum(r.concurrency), 0) > prikke.limit_value('host_requests', 200)
    from prikke.runner as r
    where r.seen_at > prikke.clock() - interval '1 minute');
end
$$;

comment on function prikke.host_cap_applies is 'Whether the runners together could open more requests to one host than it may get.';
