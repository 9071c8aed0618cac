-- Makes an organization. A person who does becomes its owner, on the free tier; an operator may name an owner and a tier. A
-- key belongs to one organization and makes no others. The signing secret is asked for here and made by the application
-- before the first delivery.
create or replace function prikke.create_organization(name text, slug text default null, tier text default 'free', owner text default null)
returns prikke.organization
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := prikke.clock();
  v_actor constant text := prikke.current_actor();
  v_slug text := coalesce(create_organization.slug, prikke.free_slug(create_organization.name));
  v_problems jsonb := '[]';
  v_owner_id uuid;
  v_organization prikke.organization;
begin
  if v_actor like 'key:%' then
    raise exception 'a key cannot make organizations' using errcode = 'PK403', hint = 'Sign in, or use prikke organization create.';
  elsif v_actor ~ '^user:[0-9a-f]{8}-' then
    v_owner_id := prikke.acting_user();
    if create_organization.tier is distinct from 'free' or create_organization.owner is not null then
      raise exception 'tier and owner are for operators to set' using errcode = 'PK403';
    end if;
    if (select count(*) from prikke.member as m where m.user_id = v_owner_id and m.role = 'owner') >= prikke.limit_value('organizations', 50) then
      raise exception 'one person owns at most % organizations', prikke.limit_value('organizations', 50) using errcode = 'PK402', constraint = 'organization_limit';
    end if;
  elsif create_organization.owner is not null then
    select u.id
    into v_owner_id
    from prikke.app_user as u
    where u.email = prikke.read_email(create_organization.owner);
    if not found then
      v_problems := v_problems || prikke.problem('owner', 'unknown', format('no user has the address "%s"', create_organization.owner), 'prikke user create …');
    end if;
  end if;
  if coalesce(btrim(create_organization.name), '') = '' or char_length(create_organization.name) > 200 then
    v_problems := v_problems || prikke.problem('name', 'invalid', 'must have 1 to 200 characters');
  elsif create_organization.name ~ '[[:cntrl:]]' then
    v_problems := v_problems || prikke.problem('name', 'invalid', 'must have no control characters');
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
  insert into prikke.channel (organization_id, id, kind, name, target, target_secret, created_at, updated_at)
  values (v_organization.id, prikke.new_id(v_now), 'email', 'Owners', 'owners', 'owners', v_now, v_now);
  if v_owner_id is not null then
    insert into prikke.member (organization_id, user_id, role, joined_at)
    values (v_organization.id, v_owner_id, 'owner', v_now);
  end if;
  return v_organization;
end
$$;

comment on function prikke.create_organization is
  'Makes an organization; the slug is derived from the name unless given, and the person who makes it owns it. Example: select slug from prikke.create_organization(''Acme Tools'');';
