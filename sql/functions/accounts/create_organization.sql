-- Makes an organization. Its signing secret is asked for here and made by the application before the first delivery.
create or replace function prikke.create_organization(name text, slug text default null, tier text default 'free')
returns prikke.organization
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := prikke.clock();
  v_slug text := coalesce(create_organization.slug, prikke.free_slug(create_organization.name));
  v_problems jsonb := '[]';
  v_organization prikke.organization;
begin
  if coalesce(btrim(create_organization.name), '') = '' or char_length(create_organization.name) > 200 then
    v_problems := v_problems || prikke.problem('name', 'invalid', 'must have 1 to 200 characters');
  end if;
  if v_slug !~ '^[a-z0-9](-?[a-z0-9])+$' or char_length(v_slug) > 50 then
    v_problems := v_problems || prikke.problem('slug', 'invalid', 'must have 2 to 50 of a-z, 0-9 and single hyphens between them', 'For example "acme-tools".');
  end if;
  if create_organization.tier is null or create_organization.tier not in ('free', 'pro') then
    v_problems := v_problems || prikke.problem('tier', 'unknown', format('"%s" is no tier', create_organization.tier), 'free or pro');
  end if;
  perform prikke.refuse(v_problems);

  begin
    insert into prikke.organization as o (id, name, slug, tier, secrets_changed_at, created_at, updated_at)
    values (prikke.new_id(v_now), btrim(create_organization.name), v_slug, create_organization.tier, v_now, v_now, v_now)
    returning o.* into v_organization;
  exception when unique_violation then
    raise exception 'the slug "%" is taken', v_slug using errcode = 'PK409', column = 'slug';
  end;
  insert into prikke.signing_secret (organization_id, id, created_at)
  values (v_organization.id, prikke.new_id(v_now), v_now);
  return v_organization;
end
$$;

comment on function prikke.create_organization is
  'Makes an organization; the slug is derived from the name unless given. Example: select slug from prikke.create_organization(''Acme Tools'');';
