-- The one function that queues what watches find: the trigger of their views. It takes the organization from the watch and
-- never from the session, believes only a view that the owner of the watched table owns, and runs none of people's code, so
-- that neither an expression nor a search path can borrow its rights.
create or replace function prikke.queue_watched()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_watch prikke.watch_definition;
  v_problem jsonb;
  v_due_at timestamptz;
  v_host text;
  v_longest bigint;
  v_queued bigint;
  v_lost bigint := coalesce(new.rows_lost, 0);
  v_error text := new.error;
begin
  select w.*
  into v_watch
  from prikke.watch_definition as w
  join pg_class as c on c.oid = tg_relid and pg_get_userbyid(c.relowner) = w.owner_role
  where w.organization_id = tg_argv[0]::uuid
    and w.id = tg_argv[1]::uuid;
  if not found then
    raise exception 'watch % is gone, or the table has another owner now', tg_argv[1]
      using errcode = 'PK404', hint = 'Make it again with prikke.watch, or drop its triggers.';
  end if;
  if not prikke.may_watch(v_watch.made_by, v_watch.organization_id) then
    raise exception 'role % may no longer send for the organization of watch %', v_watch.made_by, v_watch.id
      using errcode = 'PK403', hint = 'Somebody who may can make the watch again.';
  end if;

  if new.refs is not null and v_watch.action = 'cancel' then
    insert into prikke.execution_request (organization_id, execution_id, action, requested_by)
    select e.organization_id, e.id, 'cancel', 'watch:' || v_watch.id
    from prikke.live_execution as e
    where e.organization_id = v_watch.organization_id
      and e.ref = any (new.refs)
      and e.status = 'pending'
      and not exists (
        select
        from prikke.execution_request as r
        where r.organization_id = e.organization_id
          and r.execution_id = e.id);
    if found then
      perform prikke.wake_runners('-infinity');
    end if;
  elsif new.bodies is not null and v_watch.action = 'send' then
    v_problem := prikke.check_url(v_watch.url);
    if v_problem is not null then
      raise exception 'url: %', v_problem ->> 'message' using errcode = 'PK422', hint = coalesce(v_problem ->> 'hint', '');
    end if;

    -- A statement that waited for a row's lock began before the one it waited for. Its change is the later one and must not
    -- be due before it.
    v_due_at := greatest(v_now, (
      select max(l.scheduled_for)
      from (select distinct k.key from unnest(new.ordering_keys) as k (key) where k.key is not null) as k
      cross join lateral (
        select max(e.scheduled_for) as scheduled_for
        from prikke.live_execution as e
        where e.organization_id = v_watch.organization_id
          and e.ordering_key = k.key
          and e.scheduled_for > v_now
          and e.scheduled_for <= e.created_at
      ) as l));

    v_host := prikke.url_host(v_watch.url);
    v_longest := prikke.limit_value('body_bytes', 262144);
    insert into prikke.live_execution (
      organization_id, id, kind, ready, queue, priority, scheduled_for, due_at, max_attempts, ordering_key, ref,
      url, method, headers, body, content_type, timeout_ms, backoff, completion, expected_status, expected_body, host, created_at)
    select v_watch.organization_id, prikke.new_id(v_due_at), 'send', v_due_at <= v_now, v_watch.queue, v_watch.priority, v_due_at, v_due_at,
      v_watch.max_attempts, r.ordering_key, r.ref, v_watch.url, v_watch.method, v_watch.headers, r.body, 'application/json',
      v_watch.timeout_ms, v_watch.backoff, 'response', v_watch.expected_status, v_watch.expected_body, v_host, v_due_at
    from unnest(new.bodies, new.ordering_keys, new.refs) as r (body, ordering_key, ref)
    where coalesce(octet_length(r.body) <= v_longest, true)
      and coalesce(char_length(r.ordering_key) between 1 and 200, true)
      and coalesce(char_length(r.ref) between 1 and 200, true);
    get diagnostics v_queued = row_count;
    v_lost := v_lost + cardinality(new.bodies) - v_queued;
    if v_lost > 0 and v_error is null then
      v_error := 'the payload is larger than a body may be, or ordering_key or ref have not 1 to 200 characters';
      if v_watch.is_strict then
        raise exception '%', v_error using errcode = 'PK422';
      end if;
      raise warning 'watch % of table %.%: % changed rows are not sent: %', v_watch.id, v_watch.table_schema, v_watch.table_name, v_lost, v_error
        using hint = 'The change itself is made. select * from prikke.list_watches() tells more.';
    end if;
    if v_queued > 0 then
      perform prikke.wake_runners(v_due_at);
    end if;
  end if;

  if v_lost > 0 then
    insert into prikke.watch_failure (organization_id, watch_id, failed_at, rows_lost, error)
    values (v_watch.organization_id, v_watch.id, v_now, v_lost, left(v_error, 1000));
  end if;
  return new;
end
$$;

comment on function prikke.queue_watched is
  'Trigger of a watch''s view: queues what the watch found, for the organization that the watch belongs to.';
