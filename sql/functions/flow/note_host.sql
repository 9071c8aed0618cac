-- Tells a host's breaker how its requests went. Ten failures in a row open it for ten seconds, doubling to five minutes, or
-- as long as the host asked; a success closes it and lets go what was held. False: another runner is looking at the host.
create or replace function prikke.note_host(
  p_organization_id uuid,
  p_host text,
  p_failures integer,
  p_succeeded boolean,
  p_retry_after interval,
  p_message text
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c_most_failures constant integer := 10;
  v_now constant timestamptz := prikke.clock();
  v_breaker prikke.breaker;
begin
  if not prikke.try_key(p_organization_id, 'host', p_host) then
    return false;
  end if;
  select b.*
  into v_breaker
  from prikke.breaker as b
  where b.organization_id = p_organization_id
    and b.host = p_host;
  if not found then
    if p_failures = 0 then
      return true;
    end if;
    v_breaker := row(p_organization_id, p_host, 'closed', 0, interval '5 seconds', null, null, v_now, null)::prikke.breaker;
  elsif v_breaker.state = 'open' and v_breaker.open_until > v_now then
    -- Requests that were under way when it opened say nothing new.
    return true;
  elsif p_succeeded and p_failures = 0 then
    delete from prikke.breaker as b
    where b.organization_id = p_organization_id
      and b.host = p_host;
    if v_breaker.state <> 'closed' then
      insert into prikke.breaker_event (organization_id, host, state, failures, message, at)
      values (p_organization_id, p_host, 'closed', 0, 'the host answers again', v_now);
      insert into prikke.freed_key (organization_id, held_by, key)
      values (p_organization_id, 'breaker', p_host);
      perform prikke.note_transition(p_organization_id, 'host_up', null, p_host);
    end if;
    return true;
  end if;

  v_breaker.failures := case when p_succeeded then 0 else v_breaker.failures end + p_failures;
  v_breaker.last_error := left(p_message, 500);
  if v_breaker.state <> 'closed' or v_breaker.failures >= c_most_failures then
    if v_breaker.state = 'closed' then
      perform prikke.note_transition(p_organization_id, 'host_down', null, p_host, null, jsonb_build_object('error', v_breaker.last_error));
    end if;
    v_breaker.pause := least(v_breaker.pause * 2, interval '5 minutes');
    v_breaker.open_until := v_now + greatest(v_breaker.pause, least(coalesce(p_retry_after, interval '0'), interval '1 hour'));
    v_breaker.state := 'open';
    v_breaker.probe_id := null;
    v_breaker.changed_at := v_now;
    insert into prikke.breaker_event (organization_id, host, state, failures, open_until, message, at)
    values (p_organization_id, p_host, 'open', v_breaker.failures, v_breaker.open_until, v_breaker.last_error, v_now);
  end if;
  insert into prikke.breaker as b
  select v_breaker.*
  on conflict (organization_id, host) do update
  set state = excluded.state,
      failures = excluded.failures,
      pause = excluded.pause,
      open_until = excluded.open_until,
      probe_id = excluded.probe_id,
      changed_at = excluded.changed_at,
      last_error = excluded.last_error;
  return true;
end
$$;

comment on function prikke.note_host is 'Counts outcomes of a host and opens or closes its breaker; false: locked, to be noted.';
