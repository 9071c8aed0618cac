create or replace view prikke.watch as
select
  w.id, w.key, w.action,
  coalesce(t.name, format('%I.%I', w.table_schema, w.table_name)) as table_name,
  w.events, w.url, w.method, prikke.veil_headers(prikke.mask_headers(w.headers), (select prikke.hides_headers())) as headers, w.payload, w.condition, w.ordering_key, w.ref,
  w.queue, w.priority, w.timeout_ms, w.max_attempts, w.backoff, w.expected_status, w.expected_body, w.is_strict as strict,
  case
    when t.triggers is null and not exists (
      select
      from pg_class as c
      join pg_namespace as n on n.oid = c.relnamespace
      where c.relname = w.table_name
        and n.nspname = w.table_schema)
      then 'gone'
    when coalesce(t.triggers, 0) < cardinality(w.events) or t.wrong_owner or not exists (
      select
      from pg_class as c
      join pg_namespace as n on n.oid = c.relnamespace
      where c.relname = w.object_name
        and n.nspname = w.table_schema
        and c.relkind = 'v'
        and pg_get_userbyid(c.relowner) = w.owner_role)
      then 'incomplete'
    when t.disabled then 'disabled'
    when greatest(s.last_failed_at, f.last_failed_at) > prikke.clock() - interval '1 hour' then 'failing'
    else 'active'
  end as state,
  coalesce(s.failures, 0) + coalesce(f.failures, 0) as failures,
  coalesce(s.rows_lost, 0) + coalesce(f.rows_lost, 0) as rows_lost,
  greatest(s.last_failed_at, f.last_failed_at) as last_failed_at,
  coalesce(f.last_error, s.last_error) as last_error,
  w.made_by::text as made_by, w.owner_role::text as owner_role, w.created_at
from prikke.watch_definition as w
left join lateral (
  select min(t.tgrelid::regclass::text) as name, nullif(count(*), 0) as triggers, bool_or(t.tgenabled = 'D') as disabled,
    bool_or(pg_get_userbyid(c.relowner) <> w.owner_role) as wrong_owner
  from pg_trigger as t
  join pg_class as c on c.oid = t.tgrelid
  where t.tgfoid in (
    select p.oid
    from pg_proc as p
    where p.proname = w.object_name
      and pg_get_userbyid(p.proowner) = w.owner_role)
) as t on true
left join prikke.watch_state as s on s.organization_id = w.organization_id and s.watch_id = w.id
left join lateral (
  select count(*) as failures, sum(f.rows_lost) as rows_lost, max(f.failed_at) as last_failed_at, (array_agg(f.error order by f.position desc))[1] as last_error
  from prikke.watch_failure as f
  where f.organization_id = w.organization_id
    and f.watch_id = w.id
) as f on true
where w.organization_id = (select prikke.current_organization());

comment on view prikke.watch is
  'Watches of the current organization and how they are. Example: select table_name, state, rows_lost, last_error from prikke.watch;';
comment on column prikke.watch.state is 'active; failing: rows were not sent within the last hour; disabled: a trigger is; incomplete: a trigger, the function or the view is gone, or the table has another owner; gone: the table is.';
comment on column prikke.watch.failures is 'Statements with rows that were not sent.';
comment on column prikke.watch.rows_lost is 'Changed rows that were not sent.';
