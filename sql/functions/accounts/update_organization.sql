-- Changes name and slug; what an organization may use (tier, limits, days of history) is for operators to set. Null leaves a
-- field; limits are whole, and an empty object or 0 days put the plan's back.
create or replace function prikke.update_organization(
  name text default null,
  slug text default null,
  tier text default null,
  limits jsonb default null,
  retention_days integer default null
)
returns prikke.shown_organization
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_problems jsonb := '[]';
  v_organization prikke.shown_organization;
begin
  perform prikke.require_role('admin');
  if num_nonnulls(update_organization.tier, update_organization.limits, update_organization.retention_days) > 0
     and prikke.current_actor() ~ '^(user|key):'
  then
    raise exception 'tier, limits and retention are for operators to set' using errcode = 'PK403';
  end if;
  if update_organization.name is not null
     and (btrim(update_organization.name) = '' or char_length(update_organization.name) > 200 or update_organization.name ~ '[[:cntrl:]]')
  then
    v_problems := v_problems || prikke.problem('name', 'invalid', 'must have 1 to 200 characters and no control characters');
  end if;
  if update_organization.slug !~ '^[a-z0-9](-?[a-z0-9])+$' or char_length(update_organization.slug) > 50 then
    v_problems := v_problems || prikke.problem('slug', 'invalid', 'must have 2 to 50 of a-z, 0-9 and single hyphens between them', 'For example "acme-tools".');
  end if;
  if update_organization.tier not in ('free', 'pro') then
    v_problems := v_problems || prikke.problem('tier', 'unknown', format('"%s" is no tier', update_organization.tier), 'free or pro');
  end if;
  if jsonb_typeof(update_organization.limits) <> 'object' or exists (
    select
    from jsonb_each(case when jsonb_typeof(update_organization.limits) = 'object' then update_organization.limits else '{}' end) as l
    where l.key not in ('jobs', 'executions', 'max_running')
       or l.value::text !~ '^\d{1,9}$')
  then
    v_problems := v_problems || prikke.problem('limits', 'invalid', 'must be an object of jobs, executions and max_running with whole numbers', '{"jobs": 20}');
  end if;
  if update_organization.retention_days not between 0 and 400 then
    v_problems := v_problems || prikke.problem('retention_days', 'out_of_range', 'must lie between 1 and 400, or be 0 for what the plan says');
  end if;
  perform prikke.refuse(v_problems);
  begin
    update prikke.organization as o
    set name = coalesce(btrim(update_organization.name), o.name),
        slug = coalesce(update_organization.slug, o.slug),
        tier = coalesce(update_organization.tier, o.tier),
        limits = coalesce(update_organization.limits, o.limits),
        retention_days = nullif(coalesce(update_organization.retention_days, o.retention_days), 0),
        updated_at = prikke.clock()
    where o.id = v_organization_id
      and o.deleted_at is null;
  exception when unique_violation then
    raise exception 'the slug "%" is taken', update_organization.slug using errcode = 'PK409', column = 'slug';
  end;
  select o.id, o.name, o.slug, o.tier, o.created_at, o.updated_at
  into v_organization
  from prikke.organization as o
  where o.id = v_organization_id;
  return v_organization;
end
$$;

comment on function prikke.update_organization is
  'Changes name and slug of this organization; operators also tier, limits and retention_days. Example: select name, slug from prikke.update_organization(name => ''Acme Tools'');';
