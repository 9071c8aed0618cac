create or replace view prikke.failing_watch as
select
  o.slug as organization,
  format('%I.%I', w.table_schema, w.table_name) as table_name,
  f.last_error as problem,
  f.rows_lost, f.failures, f.last_failed_at,
  w.made_by::text as made_by, w.is_strict as strict, w.url, w.key, w.id
from prikke.watch_definition as w
join prikke.organization as o on o.id = w.organization_id
join lateral (
  select sum(x.failures) as failures, sum(x.rows_lost) as rows_lost, max(x.last_failed_at) as last_failed_at,
    (array_agg(x.last_error order by x.last_failed_at desc))[1] as last_error
  from (
    select s.failures, s.rows_lost, s.last_failed_at, s.last_error
    from prikke.watch_state as s
    where s.organization_id = w.organization_id
      and s.watch_id = w.id
    union all
    select 1, f.rows_lost, f.failed_at, f.error
    from prikke.watch_failure as f
    where f.organization_id = w.organization_id
      and f.watch_id = w.id
  ) as x
) as f on f.last_failed_at is not null
order by f.last_failed_at desc;

comment on view prikke.failing_watch is
  'Watches of people''s tables that could not send changed rows: what was lost and why. Example: select organization, table_name, problem, rows_lost, last_failed_at from prikke.failing_watch;';
comment on column prikke.failing_watch.rows_lost is 'Changed rows that were not sent, ever since the watch was made.';
