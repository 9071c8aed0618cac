-- Folds appended failures of watches into their state, one folder at a time, so that a watch that fails with every statement
-- leaves one row.
create or replace function prikke.fold_watch_failures(p_limit integer default 5000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_folded integer;
begin
  if not exists (select from prikke.watch_failure) or not pg_try_advisory_xact_lock(1886546795, 7) then
    return 0;
  end if;
  with batch as (
    delete from prikke.watch_failure as f
    where (f.organization_id, f.position) in (
      select x.organization_id, x.position
      from prikke.watch_failure as x
      order by x.position
      limit p_limit)
    returning f.*
  ), folded as (
    insert into prikke.watch_state as s (organization_id, watch_id, failures, rows_lost, last_failed_at, last_error)
    select b.organization_id, b.watch_id, count(*), sum(b.rows_lost), max(b.failed_at), (array_agg(b.error order by b.position desc))[1]
    from batch as b
    join prikke.watch_definition as w on w.organization_id = b.organization_id and w.id = b.watch_id
    group by b.organization_id, b.watch_id
    on conflict (organization_id, watch_id) do update
    set failures = s.failures + excluded.failures,
        rows_lost = s.rows_lost + excluded.rows_lost,
        last_failed_at = greatest(s.last_failed_at, excluded.last_failed_at),
        last_error = excluded.last_error
  )
  select count(*)
  into v_folded
  from batch;
  delete from prikke.watch_state as s
  where not exists (
    select
    from prikke.watch_definition as w
    where w.organization_id = s.organization_id
      and w.id = s.watch_id);
  return v_folded;
end
$$;

comment on function prikke.fold_watch_failures is 'Folds failures of watches into watch_state; answers how many.';
