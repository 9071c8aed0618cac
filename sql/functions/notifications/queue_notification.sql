-- Queues the deliveries of one notification: one to a service, one to each address of mail, so that an address that bounces
-- keeps no other waiting. PagerDuty knows incidents and no digests: each change is one for it, and those that
-- are too many to be shown are one together. Where to is read when it is sent, so that history holds no secret of a channel: the address kept
-- here is the one that people see.
create or replace function prikke.queue_notification(p_channel prikke.channel, p_content jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_queued integer;
begin
  with content as (
    select p_content as content
    where p_channel.kind <> 'pagerduty'
       or jsonb_array_length(p_content -> 'items') < (p_content ->> 'total')::integer
       or p_content ->> 'total' = '0'
    union all
    select jsonb_build_object('total', 1, 'counts', jsonb_build_object(i.item ->> 'kind', 1), 'items', jsonb_build_array(i.item))
    from jsonb_array_elements(p_content -> 'items') as i (item)
    where p_channel.kind = 'pagerduty'
  ), address as (
    select null::text as email
    where p_channel.kind <> 'email'
    union all
    select u.email
    from prikke.member as m
    join prikke.app_user as u on u.id = m.user_id
    where p_channel.kind = 'email'
      and p_channel.target_secret = 'owners'
      and m.organization_id = p_channel.organization_id
      and m.role = 'owner'
    union
    select btrim(a.address)
    from unnest(string_to_array(p_channel.target_secret, ',')) as a (address)
    where p_channel.kind = 'email'
      and p_channel.target_secret <> 'owners'
  ), made as (
    insert into prikke.live_execution (
      organization_id, id, kind, ready, queue, scheduled_for, due_at, max_attempts, url, method, headers, body, content_type,
      timeout_ms, backoff, completion, host, hop, channel_id, created_at)
    select p_channel.organization_id, prikke.new_id(v_now), 'notification', true, 'notifications', v_now, v_now, 8,
      coalesce('mailto:' || a.email, p_channel.target), 'POST', '{}',
      (c.content || jsonb_strip_nulls(jsonb_build_object(
        'channel_id', p_channel.id,
        'to', a.email,
        'at', v_now,
        'organization', jsonb_build_object('id', o.id, 'name', o.name, 'slug', o.slug))))::text,
      'application/vnd.prikke.notification+json', 30000, interval '30 seconds', 'response',
      case when p_channel.kind <> 'email' then prikke.url_host(p_channel.target_secret) end, 1, p_channel.id, v_now
    from address as a
    cross join content as c
    join prikke.organization as o on o.id = p_channel.organization_id and o.deleted_at is null
    returning id
  )
  insert into prikke.notification (organization_id, channel_id, execution_id, made_at, items)
  select p_channel.organization_id, p_channel.id, m.id, v_now, coalesce((p_content ->> 'total')::integer, 0)
  from made as m;
  get diagnostics v_queued = row_count;
  if v_queued > 0 then
    perform prikke.wake_runners(v_now);
  end if;
  return v_queued;
end
$$;

comment on function prikke.queue_notification is 'Queues the deliveries of one notification; answers how many.';
