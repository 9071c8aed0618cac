-- What is wrong with a request: all of it. Jobs and sends ask the same.
create or replace function prikke.request_problems(
  p_url text,
  p_method text,
  p_headers jsonb,
  p_body text,
  p_content_type text
)
returns jsonb
language plpgsql
stable
as $$
declare
  v_problems jsonb := '[]';
  v_problem jsonb := prikke.check_url(p_url, 'url');
begin
  if v_problem is not null then
    v_problems := v_problems || v_problem;
  end if;
  if p_method is null or p_method not in ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS') then
    v_problems := v_problems || prikke.problem('method', 'unknown', format('"%s" is no method', p_method), 'GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS');
  end if;
  if p_headers is not null and p_headers <> '{}' then
    v_problems := v_problems || coalesce(prikke.header_problems(p_headers), '[]');
  end if;
  if position('{{secret.' in p_body) > 0 or p_headers::text like '%{{secret.%' then
    v_problems := v_problems || prikke.secret_problems(p_headers, p_body);
  end if;
  if octet_length(p_body) > 8192 and octet_length(p_body) > prikke.limit_value('body_bytes', 262144) then
    v_problems := v_problems || prikke.problem('body', 'too_long', format('has %s bytes', octet_length(p_body)),
      format('At most %s bytes.', prikke.limit_value('body_bytes', 262144)));
  end if;
  if p_content_type is not null and (char_length(p_content_type) > 200 or p_content_type !~ '^[\x21-\x7e]+/[\x20-\x7e]+$') then
    v_problems := v_problems || prikke.problem('content_type', 'invalid', 'is no media type', 'For example application/json.');
  end if;
  return v_problems;
end
$$;

comment on function prikke.request_problems is 'All that is wrong with a request''s URL, method, headers, body and content type; an empty array when nothing is.';
