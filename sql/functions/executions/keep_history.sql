-- Upkeep of history: partitions ahead, days past the longest retention dropped, rows past their organization's retention
-- deleted in batches, and what nobody needs any more: old versions, purged jobs, spent keys, old tallies and
-- changes of breakers.
create or replace function prikke.keep_history(p_limit integer default 10000)
returns table (made integer, dropped integer, deleted bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_longest constant integer := prikke.longest_retention();
  v_rows bigint;
  v_table record;
begin
  made := prikke.keep_partitions();
  dropped := 0;
  deleted := 0;
  for v_table in
    select c.relname
    from pg_class as c
    where c.relnamespace = 'prikke'::regnamespace
      and c.relname ~ '^past_(execution|attempt)_\d{8}$'
      and to_date(right(c.relname, 8), 'YYYYMMDD') + 1 < v_now::date - v_longest
    order by c.relname
  loop
    dropped := dropped + prikke.drop_partition(v_table.relname)::integer;
  end loop;

  if not pg_try_advisory_xact_lock(1886546795, 2) then
    return next;
    return;
  end if;
  for v_table in
    select o.id, prikke.history_begins(o.id) as begins
    from prikke.organization as o
    where prikke.history_begins(o.id) > v_now - make_interval(days => v_longest)
  loop
    delete from prikke.past_execution as e
    where e.ctid in (
        select x.ctid
        from prikke.past_execution as x
        where x.organization_id = v_table.id
          and x.finished_at < v_table.begins
        limit p_limit)
      and e.organization_id = v_table.id
      and e.finished_at < v_table.begins;
    get diagnostics v_rows = row_count;
    deleted := deleted + v_rows;
    delete from prikke.past_attempt as a
    where a.ctid in (
        select x.ctid
        from prikke.past_attempt as x
        where x.organization_id = v_table.id
          and x.finished_at < v_table.begins
        limit p_limit)
      and a.organization_id = v_table.id
      and a.finished_at < v_table.begins;
    get diagnostics v_rows = row_count;
    deleted := deleted + v_rows;
  end loop;

  delete from prikke.job_version as v
  where (v.organization_id, v.job_id, v.version) in (
    select x.organization_id, x.job_id, x.version
    from prikke.job_version as x
    where x.superseded_at < v_now - make_interval(days => v_longest)
      and not exists (
        select
        from prikke.live_execution as e
        where e.organization_id = x.organization_id
          and e.job_id = x.job_id
          and e.job_version = x.version)
    order by x.superseded_at
    limit p_limit
    for update skip locked);
  get diagnostics v_rows = row_count;
  deleted := deleted + v_rows;

  delete from prikke.tally as t
  where t.quarter_hour < v_now - interval '400 days';
  get diagnostics v_rows = row_count;
  deleted := deleted + v_rows;
  delete from prikke.organization_tally as t
  where t.quarter_hour < v_now - interval '400 days';
  get diagnostics v_rows = row_count;
  deleted := deleted + v_rows;
  delete from prikke.audit_entry as a
  where a.at < v_now - interval '400 days';
  get diagnostics v_rows = row_count;
  deleted := deleted + v_rows;
  delete from prikke.breaker_event as b
  where (b.organization_id, b.position) in (
    select x.organization_id, x.position
    from prikke.breaker_event as x
    where x.at < v_now - make_interval(days => v_longest)
    limit p_limit);
  get diagnostics v_rows = row_count;
  deleted := deleted + v_rows;
  perform prikke.purge_jobs(p_limit);
  perform prikke.purge_send_keys(p_limit);
  perform prikke.purge_requests(p_limit);
  perform prikke.purge_accounts(p_limit);
  perform prikke.purge_notifications(p_limit);
  perform prikke.purge_organizations(p_limit);
  perform prikke.settle_subscriptions(p_limit);
  return next;
end
$$;

comment on function prikke.keep_history is
  'Keeps history: partitions ahead, old ones dropped, old rows deleted; answers how many of each. Runners call it; so may an operator.';
