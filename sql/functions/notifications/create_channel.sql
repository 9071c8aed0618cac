-- Makes a channel. What kind it is its address tells, unless it is said.
create or replace function prikke.create_channel(
  target text,
  name text default null,
  kind text default null,
  rules jsonb default '{}',
  enabled boolean default true
)
returns prikke.shown_channel
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_channel prikke.channel;
begin
  perform prikke.require_role('admin');
  v_channel.organization_id := v_organization_id;
  v_channel.id := prikke.new_id(v_now);
  v_channel.target_secret := btrim(regexp_replace(target, '^mailto:', '', 'i'));
  v_channel.kind := coalesce(kind, prikke.channel_kind(v_channel.target_secret));
  v_channel.target := prikke.shown_target(v_channel.kind, v_channel.target_secret);
  v_channel.name := btrim(coalesce(name, case when v_channel.kind <> 'email' then initcap(v_channel.kind) when v_channel.target ~ '^[^[:cntrl:]]{1,200}$' then v_channel.target else 'Mail' end));
  v_channel.enabled := coalesce(enabled, true);
  v_channel.rules := coalesce(rules, '{}');
  v_channel.created_at := v_now;
  v_channel.updated_at := v_now;
  perform prikke.refuse(prikke.channel_problems(v_channel));
  if (select count(*) from prikke.channel as c where c.organization_id = v_organization_id) >= prikke.limit_value('channels', 50) then
    raise exception 'an organization has at most % channels', prikke.limit_value('channels', 50) using errcode = 'PK402', constraint = 'channel_limit';
  end if;
  v_channel.rules := jsonb_strip_nulls(v_channel.rules);
  insert into prikke.channel
  select v_channel.*;
  return prikke.get_channel(v_channel.id);
end
$$;

comment on function prikke.create_channel is
  'Makes a channel for notifications: "owners", addresses of mail, or the web address of Slack, Discord, Teams, Telegram, ntfy, PagerDuty or of a webhook. Example: select id, kind, target from prikke.create_channel(target => ''ops@example.com'');';
