-- The whole judgement of a URL, one problem at most. Codes: required, too_long, invalid_characters, scheme, credentials,
-- invalid_host, invalid_port, refused_address, local_name.
create or replace function prikke.judge_url(p_url text, p_field text)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_authority text;
  v_parts text[];
  v_host text;
  v_port integer;
  v_address inet;
  v_reason text;
begin
  if p_url is null or p_url = '' then
    return prikke.problem(p_field, 'required', 'is missing', 'For example https://example.com/hook.');
  end if;
  if octet_length(p_url) > prikke.limit_value('url_bytes', 2048) then
    return prikke.problem(p_field, 'too_long', format('has %s bytes', octet_length(p_url)),
      format('At most %s bytes.', prikke.limit_value('url_bytes', 2048)));
  end if;
  -- Spaces, controls, backslash; and, in the host, what looks like nothing or turns the text around.
  if p_url ~ '[\u0001-\u0020\u007f-\u00a0\\]'
     or (p_url ~ '[^\u0001-\u007f]' and p_url ~ '[\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000E0000-\U000E0FFF]') then
    return prikke.problem(p_field, 'invalid_characters', 'holds a space, control character or backslash', 'Write them as %20 and so on.');
  end if;
  v_parts := regexp_match(p_url, '^([A-Za-z][A-Za-z0-9+.-]*):(//)?([^/?#]*)');
  if v_parts is null or v_parts[2] is null then
    return prikke.problem(p_field, 'scheme', 'must begin with https:// or http://', 'For example https://example.com/hook.');
  end if;
  if lower(v_parts[1]) not in ('http', 'https') then
    return prikke.problem(p_field, 'scheme', format('"%s" cannot be called', lower(v_parts[1])), 'Only https:// and http:// can.');
  end if;
  v_authority := v_parts[3];
  if position('@' in v_authority) > 0 then
    return prikke.problem(p_field, 'credentials', 'must not hold a user name or password', 'Use an Authorization header.');
  end if;

  v_parts := regexp_match(v_authority, '^(\[[0-9A-Fa-f:.]+\]|[^]:[%]+)(?::([0-9]{0,5}))?$');
  if v_parts is null then
    return prikke.problem(p_field, 'invalid_host', 'has no valid host', 'A name, an IPv4 address, or an IPv6 address in [ ].');
  end if;
  if nullif(v_parts[2], '')::integer not between 1 and 65535 then
    return prikke.problem(p_field, 'invalid_port', 'has no valid port', 'A number from 1 to 65535.');
  end if;
  v_port := coalesce(nullif(v_parts[2], '')::integer, case when p_url ilike 'https%' then 443 else 80 end);

  v_host := prikke.plain_host(v_parts[1]);
  if v_host is null then
    return prikke.problem(p_field, 'invalid_host', 'has no valid host', 'Write names that are not plain ASCII in their xn-- form.');
  end if;
  v_address := prikke.literal_address(v_host);
  if v_address is null and (v_host like '[%' or v_host ~ '(^|\.)([0-9]+|0x[0-9a-f]*)$') then
    return prikke.problem(p_field, 'invalid_host', 'has no valid host', 'An IPv4 address has four numbers from 0 to 255.');
  end if;
  if v_address is not null then
    v_reason := prikke.target_refusal(v_address, v_port);
    if v_reason is not null then
      return prikke.problem(p_field, 'refused_address', format('%s is not a public address (%s)', host(v_address), v_reason),
        'The operator can allow it by PRIKKE_ALLOW_TARGETS.');
    end if;
    if v_host not like '[%' and v_host <> host(v_address) then
      return prikke.problem(p_field, 'invalid_host', 'spells an address in an unusual way', format('Write %s.', host(v_address)));
    end if;
    return null;
  end if;
  if position('.' in v_host) = 0 or v_host ~ '(^|\.)(corp|home|home\.arpa|internal|intranet|lan|local|localdomain|localhost|private)$' then
    if jsonb_array_length(coalesce(prikke.setting_value('allow_targets'), '[]')) = 0 then
      return prikke.problem(p_field, 'local_name', format('%s is a name of a local network', v_host),
        'The operator can allow local targets by PRIKKE_ALLOW_TARGETS.');
    end if;
  end if;
  return null;
end
$$;

comment on function prikke.judge_url is 'What is wrong with a URL to be called, looked at part by part; null when nothing is.';
