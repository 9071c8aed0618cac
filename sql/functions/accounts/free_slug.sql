-- A slug from a name that no living organization has: lower case, hyphens, a number behind it where taken.
create or replace function prikke.free_slug(p_name text)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_wanted text := btrim(left(regexp_replace(lower(p_name), '[^a-z0-9]+', '-', 'g'), 44), '-');
  v_slug text;
  v_number integer := 1;
begin
  if coalesce(char_length(v_wanted), 0) < 2 then
    v_wanted := 'organization';
  end if;
  v_slug := v_wanted;
  while exists (
    select
    from prikke.organization as o
    where o.slug = v_slug
      and o.deleted_at is null)
  loop
    v_number := v_number + 1;
    v_slug := v_wanted || '-' || v_number;
  end loop;
  return v_slug;
end
$$;

comment on function prikke.free_slug is 'A slug derived from a name, not taken by another organization.';
