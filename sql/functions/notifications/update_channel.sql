-- Changes a channel. Null leaves a field; the address as it is shown leaves the address.
create or replace function prikke.update_channel(
  id uuid,
  target text default null,
  name text default null,
  kind text default null,
  rules jsonb default null,
  enabled boolean default null
)
returns prikke.shown_channel
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_channel prikke.channel;
begin
  perform prikke.require_role('admin');
  select c.*
  into v_channel
  from prikke.channel as c
  where c.organization_id = v_organization_id
    and c.id = update_channel.id
  for update;
  if not found then
    raise exception 'channel % does not exist', update_channel.id using errcode = 'PK404', column = 'id';
  end if;
  if target <> v_channel.target then
    v_channel.target_secret := btrim(regexp_replace(target, '^mailto:', '', 'i'));
    v_channel.kind := coalesce(kind, prikke.channel_kind(v_channel.target_secret));
  end if;
  v_channel.kind := coalesce(kind, v_channel.kind);
  v_channel.target := prikke.shown_target(v_channel.kind, v_channel.target_secret);
  v_channel.name := coalesce(btrim(name), v_channel.name);
  v_channel.rules := coalesce(rules, v_channel.rules);
  v_channel.enabled := coalesce(enabled, v_channel.enabled);
  perform prikke.refuse(prikke.channel_problems(v_channel));
  update prikke.channel as c
  set kind = v_channel.kind,
      name = v_channel.name,
      target = v_channel.target,
      target_secret = v_channel.target_secret,
      enabled = v_channel.enabled,
      rules = jsonb_strip_nulls(v_channel.rules),
      updated_at = prikke.clock()
  where c.organization_id = v_organization_id
    and c.id = update_channel.id;
  return prikke.get_channel(update_channel.id);
end
$$;

comment on function prikke.update_channel is
  'Changes a channel; null leaves a field. Example: select * from prikke.update_channel(id => ''0198…'', rules => ''{"remind_every": "4 hours"}'');';
