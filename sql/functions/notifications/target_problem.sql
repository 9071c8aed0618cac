-- What is wrong with the address of a channel of some kind; null when nothing is.
create or replace function prikke.target_problem(p_kind text, p_target text)
returns jsonb
language plpgsql
stable
as $$
declare
  c_most constant integer := 10;
  v_url jsonb;
begin
  if p_target is null or btrim(p_target) = '' then
    return prikke.problem('target', 'required', 'is missing', 'owners, an address of mail, or the web address of a service.');
  end if;
  if p_kind not in ('email', 'webhook', 'slack', 'discord', 'teams', 'telegram', 'ntfy', 'pagerduty') then
    return prikke.problem('kind', 'unknown', format('"%s" is no kind of channel', p_kind), 'email, webhook, slack, discord, teams, telegram, ntfy or pagerduty; left out, the address tells.');
  end if;
  if p_kind = 'email' then
    if p_target <> 'owners' and (
      array_length(string_to_array(p_target, ','), 1) > c_most
      or exists (
        select
        from unnest(string_to_array(p_target, ',')) as a (address)
        where btrim(a.address) !~ '^[^@[:space:][:cntrl:],:;<>()"\\]+@[^@[:space:][:cntrl:],:;<>()"\\]+\.[^@[:space:][:cntrl:],:;<>()"\\]+$'
          or octet_length(btrim(a.address)) > 254))
    then
      return prikke.problem('target', 'invalid', format('must be "owners", or up to %s addresses with commas between them', c_most), 'For example "ops@example.com".');
    end if;
    return null;
  end if;
  v_url := prikke.check_url(p_target, 'target');
  if v_url is not null then
    return v_url;
  end if;
  if p_kind = 'telegram' and p_target !~ '/bot[0-9]+:[A-Za-z0-9_-]+/sendMessage\?(.*&)?chat_id=[^&]+' then
    return prikke.problem('target', 'invalid', 'must name the bot, sendMessage and a chat_id', 'https://api.telegram.org/bot<token>/sendMessage?chat_id=<id>');
  end if;
  if p_kind = 'pagerduty' and p_target !~ '[?&]routing_key=[A-Za-z0-9]{20,64}(&|$)' then
    return prikke.problem('target', 'invalid', 'must name the routing key', 'https://events.pagerduty.com/v2/enqueue?routing_key=<key>');
  end if;
  if p_kind = 'ntfy' and p_target !~ '^https?://[^/?#]+/[A-Za-z0-9_-]{1,64}(\?|$)' then
    return prikke.problem('target', 'invalid', 'must end with the topic', 'For example https://ntfy.sh/prikke-of-acme');
  end if;
  return null;
end
$$;

comment on function prikke.target_problem is 'What is wrong with a channel''s address, as {"field", "code", "message", "hint"}; null when nothing is.';
