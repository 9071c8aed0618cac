-- Queues many deliveries in one statement: the fastest way. Each element takes the fields of prikke.send, `body` being text
-- or any JSON. All are checked before any is queued, and every wrong field is named with the number of its element. Ids come
-- in the order of the elements.
create or replace function prikke.send_many(sends jsonb)
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  c_fields constant text[] := '{url,body,method,headers,content_type,scheduled_at,delay,queue,priority,ordering_key,key,ref,timeout_ms,max_attempts,backoff,completion,expected_status,expected_body,on_duplicate,dedupe_for,debounce}';
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_problems jsonb;
  v_keyed boolean;
  v_first_due_at timestamptz;
  v_ids uuid[];
  v_item record;
begin
  perform prikke.require_role('member');
  if sends is null or jsonb_typeof(sends) <> 'array' then
    perform prikke.refuse(jsonb_build_array(prikke.problem('sends', 'invalid', 'must be an array of objects', '[{"url": "https://…", "body": {…}}]')));
  end if;

  with item as materialized (
    select g.number, g.item,
      coalesce(r.queue, 'default') as queue, coalesce(r.priority, 0) as priority, coalesce(r.method, 'POST') as method,
      coalesce(r.headers, '{}') as headers, coalesce(r.timeout_ms, 30000) as timeout_ms, coalesce(r.max_attempts, 5) as max_attempts,
      coalesce(r.backoff, interval '30 seconds') as backoff, coalesce(r.completion, 'response') as completion,
      r.url, r.content_type, r.scheduled_at, r.delay, r.ordering_key, r.key, r.ref, r.expected_status, r.expected_body,
      coalesce(r.on_duplicate, 'return') as on_duplicate, r.dedupe_for, r.debounce,
      case when jsonb_typeof(r.body) = 'string' then r.body #>> '{}' when r.body <> 'null' then r.body::text end as body,
      coalesce(r.content_type, case when jsonb_typeof(r.body) = 'string' then prikke.guess_content_type(r.body #>> '{}') when r.body <> 'null' then 'application/json' end) as type,
      greatest(coalesce(r.scheduled_at, v_now), v_now) + coalesce(r.delay, interval '0') as due_at
    from jsonb_array_elements(sends) with ordinality as g (item, number)
    cross join lateral jsonb_to_record(case when jsonb_typeof(g.item) = 'object' then g.item else '{}' end) as r (
      url text, body jsonb, method text, headers jsonb, content_type text, scheduled_at timestamptz, delay interval, queue text,
      priority integer, ordering_key text, key text, ref text, timeout_ms integer, max_attempts integer, backoff interval,
      completion text, expected_status text, expected_body text, on_duplicate text, dedupe_for interval, debounce interval)
  ), url as materialized (
    select u.url, prikke.check_url(u.url) is null as fine
    from (select distinct i.url from item as i) as u
  ), wrong as materialized (
    select i.number, p.problem
    from item as i
    left join url as u on u.url = i.url
    cross join lateral jsonb_array_elements(
      case when jsonb_typeof(i.item) <> 'object' then jsonb_build_array(prikke.problem('sends', 'invalid', 'must be an object')) else
        prikke.unknown_fields(i.item, c_fields)
        || prikke.send_problems(i.scheduled_at, i.delay, i.key, i.ref, v_now)
        || prikke.duplicate_problems(i.key, i.on_duplicate, i.dedupe_for, i.debounce, i.scheduled_at, i.delay)
        || prikke.request_problems(i.url, i.method, i.headers, i.body, i.content_type)
        || prikke.delivery_problems(i.queue, i.priority, i.ordering_key, i.timeout_ms, i.max_attempts, i.backoff, i.completion, i.expected_status, i.expected_body)
      end) as p (problem)
    where u.fine is not true
       or octet_length(i.body) > 8192
       or position('{{secret.' in i.body) > 0
       or i.item - '{url,body}'::text[] <> '{}'
  ), queued as (
    insert into prikke.live_execution (
      organization_id, id, kind, ready, queue, priority, scheduled_for, due_at, max_attempts, ordering_key, ref,
      url, method, headers, body, content_type, timeout_ms, backoff, completion, expected_status, expected_body, host, hop, created_at)
    select v_organization_id, prikke.new_id(v_now), 'send', i.due_at <= v_now, i.queue, i.priority, i.due_at, i.due_at, i.max_attempts, i.ordering_key, i.ref,
      i.url, i.method, i.headers, i.body, i.type, i.timeout_ms, i.backoff, i.completion, i.expected_status, i.expected_body, prikke.url_host(i.url), prikke.current_hop(), v_now
    from item as i
    where i.key is null
      and not exists (select from wrong)
    order by i.number
    returning id, position, due_at
  )
  select
    (select jsonb_agg(w.problem || jsonb_build_object('field', format('sends[%s].%s', w.number - 1, w.problem ->> 'field')) order by w.number) from wrong as w),
    (select count(*) > 0 from item as i where i.key is not null),
    (select min(q.due_at) from queued as q),
    (select array_agg(q.id order by q.position) from queued as q)
  into v_problems, v_keyed, v_first_due_at, v_ids;
  perform prikke.refuse(v_problems);

  if v_first_due_at is not null then
    perform prikke.wake_runners(v_first_due_at);
  end if;
  if not v_keyed then
    return query select unnest(v_ids);
    return;
  end if;

  -- Keys are taken one by one, since each may already be in use.
  for v_item in
    select g.number, g.item, count(*) filter (where g.item ->> 'key' is null) over (order by g.number) as unkeyed
    from jsonb_array_elements(sends) with ordinality as g (item, number)
    order by g.number
  loop
    if v_item.item ->> 'key' is null then
      return next v_ids[v_item.unkeyed];
    else
      return next (
        select prikke.send(
          url => r.url, body => case when jsonb_typeof(r.body) = 'string' then r.body #>> '{}' when r.body <> 'null' then r.body::text end,
          method => coalesce(r.method, 'POST'), headers => r.headers,
          content_type => coalesce(r.content_type, case when jsonb_typeof(r.body) not in ('string', 'null') then 'application/json' end),
          scheduled_at => r.scheduled_at, delay => r.delay, queue => coalesce(r.queue, 'default'), priority => coalesce(r.priority, 0),
          ordering_key => r.ordering_key, key => r.key, ref => r.ref, timeout_ms => coalesce(r.timeout_ms, 30000),
          max_attempts => coalesce(r.max_attempts, 5), backoff => coalesce(r.backoff, '30 seconds'), completion => coalesce(r.completion, 'response'),
          expected_status => r.expected_status, expected_body => r.expected_body,
          on_duplicate => coalesce(r.on_duplicate, 'return'), dedupe_for => r.dedupe_for, debounce => r.debounce)
        from jsonb_to_record(v_item.item) as r (
          url text, body jsonb, method text, headers jsonb, content_type text, scheduled_at timestamptz, delay interval, queue text,
          priority integer, ordering_key text, key text, ref text, timeout_ms integer, max_attempts integer, backoff interval,
          completion text, expected_status text, expected_body text, on_duplicate text, dedupe_for interval, debounce interval));
    end if;
  end loop;
end
$$;

comment on function prikke.send_many is
  'Queues many deliveries at once, each an object with the fields of send; returns their ids in order. Example: select prikke.send_many(''[{"url": "https://example.com/hook", "body": {"order": 42}}]'');';
