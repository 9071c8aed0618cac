-- What kind of channel an address is. A service is known by its host; any other web address is a webhook.
create or replace function prikke.channel_kind(p_target text)
returns text
language sql
immutable parallel safe
as $$
  select case
    when p_target !~* '^https?://' then 'email'
    when h.host = 'hooks.slack.com' or h.host = 'hooks.slack-gov.com' then 'slack'
    when h.host ~ '^((ptb|canary)\.)?discord(app)?\.com$' and p_target ~ '/api/(v\d+/)?webhooks/' then 'discord'
    when h.host ~ '(^|\.)(webhook\.office\.com|logic\.azure\.com|powerplatform\.com|powerautomate\.com)$' then 'teams'
    when h.host = 'api.telegram.org' then 'telegram'
    when h.host ~ '^ntfy\.' then 'ntfy'
    when h.host ~ '^events\.(eu\.)?pagerduty\.com$' then 'pagerduty'
    else 'webhook'
  end
  from (select lower(substring(p_target from '^https?://([^/?#:]+)')) as host) as h
$$;

comment on function prikke.channel_kind is 'The kind of a channel, by its address.';
