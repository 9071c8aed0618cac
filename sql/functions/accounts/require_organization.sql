-- A page was made for an organization, and its forms act there or nowhere: whoever has left it since does not act on another.
create or replace function prikke.require_organization(p_slug text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select from prikke.organization as o
    where o.id = prikke.current_organization()
      and o.slug = p_slug)
  then
    raise exception 'organization "%" does not exist', p_slug
      using errcode = 'PK404', column = 'organization', hint = 'The page was made for it. Open the page anew.';
  end if;
end
$$;

comment on function prikke.require_organization is 'PK404 unless the organization acted on is the one that a page was made for.';
