-- Where an organization's history begins: what ended before is hidden at once and deleted at night.
create or replace function prikke.history_begins(p_organization_id uuid)
returns timestamptz
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select prikke.clock() - make_interval(days => coalesce(
    (select o.retention_days from prikke.organization as o where o.id = p_organization_id),
    prikke.plan_limit(p_organization_id, 'retention_days')::integer,
    (select (s.value #>> '{}')::integer from prikke.setting as s where s.name = 'retention_days'),
    30))
$$;

comment on function prikke.history_begins is 'The instant before which an organization''s history is no longer shown.';
