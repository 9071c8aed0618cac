-- What the things are called whose ids stand in changes: jobs and channels, also those that are deleted, as far as they are kept.
create or replace function prikke.subject_names(p_ids text[])
returns table (id text, name text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.id::text, d.name
  from prikke.job_definition as d
  where d.organization_id = prikke.current_organization()
    and d.id = any (array(select i.id::uuid from unnest(p_ids) as i (id) where i.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))
  union all
  select c.id::text, c.name
  from prikke.channel as c
  where c.organization_id = prikke.current_organization()
    and c.id::text = any (p_ids)
$$;

comment on function prikke.subject_names is 'Names of jobs and channels by their ids, for the page of changes.';
