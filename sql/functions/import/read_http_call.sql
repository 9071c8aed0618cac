-- The request that a command sends which is one call of pg_net: select net.http_get(…), http_post or http_delete with
-- constants. Anything else is answered with the reason why it cannot be taken over.
create or replace function prikke.read_http_call(p_command text)
returns jsonb
language plpgsql
immutable
as $$
declare
  v_tokens constant jsonb := prikke.sql_tokens(p_command);
  v_method text;
  v_names text[];
  v_arguments jsonb := '{}';
  v_name text;
  v_at integer;
  v_number integer := 0;
  v_value record;
begin
  if v_tokens is null then
    return jsonb_build_object('problem', 'a quote in it does not end');
  end if;
  select (t.number - 1)::integer
  into v_at
  from jsonb_array_elements(v_tokens) with ordinality as t (token, number)
  where t.token ->> 'text' = 'net'
    and v_tokens -> t.number::integer ->> 'text' = '.'
    and v_tokens -> t.number::integer + 1 ->> 'text' in ('http_get', 'http_post', 'http_delete')
    and v_tokens -> t.number::integer + 2 ->> 'text' = '('
  order by t.number
  limit 1;
  if not found then
    return jsonb_build_object('problem', 'does not call net.http_get, net.http_post or net.http_delete');
  end if;
  if v_tokens -> 0 ->> 'text' <> 'select'
     or v_at > 1 and (v_tokens -> v_at - 1 ->> 'text' <> 'from' or v_at > 3) then
    return jsonb_build_object('problem', 'does more than one call of net.http_…');
  end if;

  v_method := upper(substr(v_tokens -> v_at + 2 ->> 'text', 6));
  v_names := case when v_method = 'POST' then '{url,body,params,headers,timeout_milliseconds}' else '{url,params,headers,timeout_milliseconds,body}' end;
  v_at := v_at + 4;
  while v_tokens -> v_at ->> 'text' is distinct from ')' loop
    v_number := v_number + 1;
    v_name := v_names[v_number];
    if v_tokens -> v_at + 1 ->> 'text' in (':=', '=>') then
      v_name := v_tokens -> v_at ->> 'text';
      v_at := v_at + 2;
    end if;
    if v_name is null or v_name <> all (v_names) then
      return jsonb_build_object('problem', format('has an argument "%s" that is not known', coalesce(v_name, v_number::text)));
    end if;
    v_value := prikke.read_sql_value(v_tokens, v_at);
    if v_value.problem is not null then
      return jsonb_build_object('problem', format('the %s %s', v_name, v_value.problem));
    end if;
    if v_name in ('headers', 'params', 'body') and jsonb_typeof(v_value.value) = 'string' then
      begin
        v_value.value := (v_value.value #>> '{}')::jsonb;
      exception when invalid_text_representation then
        return jsonb_build_object('problem', format('the %s is no JSON', v_name));
      end;
    end if;
    v_arguments := v_arguments || jsonb_build_object(v_name, v_value.value);
    v_at := v_value.next;
    exit when v_tokens -> v_at ->> 'text' is distinct from ',';
    v_at := v_at + 1;
  end loop;
  if v_tokens -> v_at ->> 'text' is distinct from ')' then
    return jsonb_build_object('problem', format('the %s is computed when it runs', coalesce(v_name, 'call')));
  end if;
  v_at := v_at + 1;
  if v_tokens -> v_at ->> 'text' = 'as' then
    v_at := v_at + 1;
  end if;
  if v_tokens -> v_at ->> 'kind' = 'name' then
    v_at := v_at + 1;
  end if;
  if v_tokens -> v_at ->> 'text' = ';' then
    v_at := v_at + 1;
  end if;
  if v_at < jsonb_array_length(v_tokens) then
    return jsonb_build_object('problem', 'does more than one call of net.http_…');
  end if;
  if jsonb_typeof(v_arguments -> 'url') is distinct from 'string' then
    return jsonb_build_object('problem', 'has no URL');
  end if;
  if coalesce(v_arguments -> 'params', 'null') not in ('null', '{}') then
    return jsonb_build_object('problem', 'has params; written into the URL it can be taken over');
  end if;
  return jsonb_strip_nulls(jsonb_build_object(
    'url', v_arguments -> 'url',
    'method', v_method,
    'headers', nullif(v_arguments -> 'headers', '{}'),
    'body', case when v_method = 'POST' then coalesce(v_arguments -> 'body', '{}')::text else nullif(v_arguments -> 'body', 'null')::text end,
    'content_type', case when v_method = 'POST' then 'application/json' end,
    'timeout_ms', v_arguments -> 'timeout_milliseconds'));
end
$$;

comment on function prikke.read_http_call is 'The request of a command that is one call of pg_net, in the fields of a job; else {"problem"}.';
