-- Queues a delivery without a job, in the caller's transaction: it commits or vanishes with the caller's own rows.
create or replace function prikke.send(
  url text,
  body text default null,
  method text default 'POST',
  headers jsonb default null,
  content_type text default null,
  scheduled_at timestamptz default null,
  delay interval default null,
  queue text default 'default',
  priority integer default 0,
  ordering_key text default null,
  key text default null,
  ref text default null,
  timeout_ms integer default 30000,
  max_attempts integer default 5,
  backoff interval default '30 seconds',
  completion text default 'response',
  expected_status text default null,
  expected_body text default null,
  on_duplicate text default 'return',
  dedupe_for interval default null,
  debounce interval default null
)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_due_at timestamptz := greatest(scheduled_at, v_now);
  v_id uuid := prikke.new_id(v_now);
  v_holder uuid;
begin
  if current_setting('prikke.actor', true) <> '' then
    perform prikke.require_role('member');
  end if;
  -- One look lets the usual send through; whatever it does not vouch for is judged field by field.
  if (prikke.check_url(url) is null
      and method = 'POST'
      and headers is null
      and (body is null or (octet_length(body) <= 8192 and position('{{secret.' in body) = 0))
      and (content_type is null or content_type = 'application/json'))
    is not true
    or (queue = 'default' and priority = 0 and timeout_ms = 30000 and max_attempts = 5 and backoff = '30 seconds' and completion = 'response'
      and num_nonnulls(scheduled_at, delay, ordering_key, key, ref, expected_status, expected_body, dedupe_for, debounce) = 0 and on_duplicate = 'return')
    is not true
  then
    perform prikke.refuse(
      prikke.send_problems(scheduled_at, delay, key, ref, v_now)
      || prikke.duplicate_problems(key, on_duplicate, dedupe_for, debounce, scheduled_at, delay)
      || prikke.request_problems(url, method, headers, body, content_type)
      || prikke.delivery_problems(queue, priority, ordering_key, timeout_ms, max_attempts, backoff, completion, expected_status, expected_body));
  end if;

  if debounce is not null then
    delay := debounce;
    on_duplicate := 'replace';
  end if;
  if delay is not null then
    -- By its length, since adding days would read the session's TimeZone.
    v_due_at := v_due_at + make_interval(secs => extract(epoch from delay)::double precision);
  end if;

  if key is not null then
    v_holder := prikke.take_send_key(v_organization_id, key, v_id, on_duplicate, dedupe_for);
    if v_holder <> v_id then
      return v_holder;
    end if;
  end if;

  insert into prikke.live_execution (
    organization_id, id, kind, ready, queue, priority, scheduled_for, due_at, max_attempts, ordering_key, key, ref,
    url, method, headers, body, content_type, timeout_ms, backoff, completion, expected_status, expected_body, host, hop, created_at)
  values (
    v_organization_id, v_id, 'send', v_due_at <= v_now, queue, priority, v_due_at, v_due_at, max_attempts, ordering_key, key, ref,
    url, method, coalesce(headers, '{}'), body, coalesce(content_type, prikke.guess_content_type(body)),
    timeout_ms, backoff, completion, expected_status, expected_body, prikke.url_host(url), prikke.current_hop(), v_now);

  -- Once a statement is enough for what is due at once.
  if v_due_at > v_now or current_setting('prikke.woken', true) is distinct from statement_timestamp()::text then
    perform prikke.wake_runners(v_due_at);
    if v_due_at <= v_now then
      perform set_config('prikke.woken', statement_timestamp()::text, true);
    end if;
  end if;
  return v_id;
end
$$;

-- The same with a JSON body.
create or replace function prikke.send(
  url text,
  body jsonb,
  method text default 'POST',
  headers jsonb default null,
  content_type text default 'application/json',
  scheduled_at timestamptz default null,
  delay interval default null,
  queue text default 'default',
  priority integer default 0,
  ordering_key text default null,
  key text default null,
  ref text default null,
  timeout_ms integer default 30000,
  max_attempts integer default 5,
  backoff interval default '30 seconds',
  completion text default 'response',
  expected_status text default null,
  expected_body text default null,
  on_duplicate text default 'return',
  dedupe_for interval default null,
  debounce interval default null
)
returns uuid
language sql
set search_path = pg_catalog, pg_temp
as $$
  select prikke.send(
    url, body::text, method, headers, content_type, scheduled_at, delay, queue, priority, ordering_key, key, ref,
    timeout_ms, max_attempts, backoff, completion, expected_status, expected_body, on_duplicate, dedupe_for, debounce)
$$;

comment on function prikke.send(text, text, text, jsonb, text, timestamptz, interval, text, integer, text, text, text, integer, integer, interval, text, text, text, text, interval, interval) is
  'Queues one delivery, now or later, inside the caller''s transaction; returns its id. While a send with the same key is live, or for dedupe_for, on_duplicate says what happens: return its id, reject, or replace it; debounce waits and keeps only the last. Example: select prikke.send(url => ''https://example.com/hook'', body => ''{"order": 42}'');';
comment on function prikke.send(text, jsonb, text, jsonb, text, timestamptz, interval, text, integer, text, text, text, integer, integer, interval, text, text, text, text, interval, interval) is
  'Queues one delivery with a JSON body; returns its id. Example: select prikke.send(url => ''https://example.com/hook'', body => jsonb_build_object(''order'', 42));';
