-- The longest retention in use, in days: what a day of history must at least be kept for.
create or replace function prikke.longest_retention()
returns integer
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select greatest(
    (select 30 from prikke.setting as s where s.name = 'plans' and s.value = 'true'),
    coalesce((select max(o.retention_days) from prikke.organization as o where o.deleted_at is null), 0),
    coalesce((select (s.value #>> '{}')::integer from prikke.setting as s where s.name = 'retention_days'), 30))
$$;

comment on function prikke.longest_retention is 'Days after which no organization shows history any more.';
