-- What is wrong with headers that a user sets: all of it. Names that we or HTTP itself write are not theirs to set.
-- The runner asks the same of what it is about to send.
create or replace function prikke.header_problems(p_headers jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_limits constant jsonb := prikke.setting_value('limits');
  v_count_limit constant integer := coalesce((v_limits ->> 'headers')::integer, 64);
  v_name_limit constant integer := coalesce((v_limits ->> 'header_name_length')::integer, 128);
  v_value_limit constant integer := coalesce((v_limits ->> 'header_value_length')::integer, 4096);
  v_together_limit constant integer := coalesce((v_limits ->> 'headers_bytes')::integer, 16384);
  v_problems jsonb := '[]';
  v_problem jsonb;
  v_count integer := 0;
  v_together bigint := 0;
  v_seen text[] := '{}';
  v_name text;
  v_lower_name text;
  v_value text;
  v_is_text boolean;
begin
  if p_headers is null then
    return v_problems;
  end if;
  if jsonb_typeof(p_headers) <> 'object' then
    return jsonb_build_array(prikke.problem('headers', 'not_an_object', 'must be an object of names and values', '{"Accept": "text/plain"}'));
  end if;
  for v_name, v_value, v_is_text in
    select e.key, e.value #>> '{}', jsonb_typeof(e.value) = 'string'
    from jsonb_each(p_headers) as e
  loop
    v_count := v_count + 1;
    v_together := v_together + octet_length(v_name) + coalesce(octet_length(v_value), 0);
    v_lower_name := lower(v_name collate "C");
    v_problem := case
      when octet_length(v_name) > v_name_limit then
        prikke.problem('headers', 'too_long', format('a header name is longer than %s bytes', v_name_limit))
      when v_name !~ '^[!#$%&''*+.^_`|~0-9A-Za-z-]+$' then
        prikke.problem('headers', 'invalid_name', 'a header name holds characters that it cannot',
          'letters, digits and hyphens, without a colon or a space')
      when v_lower_name in ('accept-encoding', 'connection', 'content-length', 'expect', 'host', 'keep-alive', 'te', 'trailer',
             'transfer-encoding', 'upgrade')
           or v_lower_name like any ('{proxy-%,webhook-%,x-prikke-%}') then
        prikke.problem('headers', 'reserved', format('header %s cannot be set', v_name), 'it is written when the request is sent')
      when not v_is_text then
        prikke.problem('headers', 'not_text', format('the value of header %s must be text', v_name), 'put it in quotes')
      when octet_length(v_value) > v_value_limit then
        prikke.problem('headers', 'too_long', format('the value of header %s is longer than %s bytes', v_name, v_value_limit))
      when v_value ~ '[\u0001-\u0008\u000a-\u001f\u007f]' then
        prikke.problem('headers', 'invalid_value', format('the value of header %s holds a line break or control character', v_name),
          'write it on one line')
      when v_lower_name = any (v_seen) then
        prikke.problem('headers', 'repeated', format('header %s is there twice', v_name))
    end;
    if v_problem is not null then
      v_problems := v_problems || v_problem;
    end if;
    v_seen := v_seen || v_lower_name;
  end loop;
  if v_count > v_count_limit then
    v_problems := prikke.problem('headers', 'too_many', format('at most %s headers', v_count_limit)) || v_problems;
  end if;
  if v_together > v_together_limit then
    v_problems := prikke.problem('headers', 'too_long', format('headers together are longer than %s bytes', v_together_limit)) || v_problems;
  end if;
  return v_problems;
end
$$;

comment on function prikke.header_problems is 'All that is wrong with the headers of a request, as an array of problems; empty when nothing is.';
