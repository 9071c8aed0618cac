-- A slug from a name that no living organization has: lower case, hyphens, a number behind it where taken.
create or replace function prikke.free_slug(p_name text)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with wanted as (
    select case when char_length(s) >= 2 then s else 'organization' end as slug
    from (
      select btrim(left(regexp_replace(lower(p_name), '[^a-z0-9]+', '-', 'g'), 44), '-') as s
    ) as cleaned
  )
  select case when n = 1 then w.slug else w.slug || '-' || n end
  from wanted as w, generate_series(1, 100000) as n
  where not exists (
    select
    from prikke.organization as o
    where o.slug = case when n = 1 then w.slug else w.slug || '-' || n end
      and o.deleted_at is null)
  order by n
  limit 1
$$;

comment on function prikke.free_slug is 'A slug derived from a name, not taken by another organization.';
