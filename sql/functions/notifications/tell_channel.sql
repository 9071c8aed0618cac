-- Makes one notification of all that is ready for a channel, and keeps which troubles it knows of now.
create or replace function prikke.tell_channel(p_organization_id uuid, p_channel_id uuid)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_channel prikke.channel;
  v_shown integer := 20;
  v_items jsonb;
  v_total integer;
  v_counts jsonb;
begin
  select c.*
  into strict v_channel
  from prikke.channel as c
  where c.organization_id = p_organization_id
    and c.id = p_channel_id;
  -- What PagerDuty is not told it would never open, nor close.
  if v_channel.kind = 'pagerduty' then
    v_shown := 1000;
  end if;
  with taken as (
    delete from prikke.notice as n
    where n.organization_id = p_organization_id
      and n.channel_id = p_channel_id
      and n.look_at <= v_now
    returning n.*
  ), known as (
    select k.*, t.execution_id, t.detail, coalesce(t.at, k.created_at) as at, o.since as told_since,
      array_position(
        '{set_aside,gone,failing,host_down,held,usage_100,missed,reminder,late,hook_loop,usage_80,recovered,host_up}', k.kind) as rank,
      d.key as job_key, d.name as job_name, d.notify, s.consecutive_failures
    from taken as k
    left join prikke.transition as t on t.organization_id = k.organization_id and t.position = k.transition_position
    left join prikke.told as o on o.organization_id = k.organization_id and o.channel_id = k.channel_id and o.subject = k.subject
    left join prikke.job_definition as d on d.organization_id = k.organization_id and d.id = k.job_id
    left join prikke.job_state as s on s.organization_id = k.organization_id and s.job_id = k.job_id
  ), ended as (
    delete from prikke.told as t
    using taken as k
    where k.kind in ('recovered', 'host_up')
      and t.organization_id = k.organization_id
      and t.channel_id = k.channel_id
      and t.subject = k.subject
  ), begun as (
    insert into prikke.told as t (organization_id, channel_id, subject, job_id, host, since, told_at, remind_at)
    select k.organization_id, k.channel_id, k.subject, k.job_id, k.host, k.at, v_now,
      case when k.job_id is not null and r.every <> 'never' then v_now + prikke.read_interval(r.every) end
    from known as k
    cross join lateral (
      select prikke.effective_rules(k.organization_id, v_channel.rules, k.notify) ->> 'remind_every' as every
    ) as r
    where k.kind in ('failing', 'host_down', 'reminder')
    on conflict (organization_id, channel_id, subject) do update
    set told_at = excluded.told_at,
        remind_at = excluded.remind_at
  )
  select count(*), (select jsonb_object_agg(c.kind, c.number) from (select k.kind, count(*) as number from known as k group by k.kind) as c),
    (select jsonb_agg(i.item order by i.rank, i.at, i.position)
     from (
       select k.rank, k.at, k.position, jsonb_strip_nulls(jsonb_build_object(
         'kind', k.kind, 'at', k.at, 'host', k.host, 'execution_id', k.execution_id, 'since', k.told_since,
         'failures', case when k.kind = 'reminder' then k.consecutive_failures end,
         'job', case when k.job_id is not null then jsonb_build_object('id', k.job_id, 'key', k.job_key, 'name', k.job_name) end,
         'detail', k.detail)) as item
       from known as k
       order by k.rank, k.at, k.position
       limit v_shown
     ) as i)
  into v_total, v_counts, v_items
  from known as k;
  if v_total = 0 then
    return 0;
  end if;
  return prikke.queue_notification(v_channel, jsonb_build_object('total', v_total, 'counts', v_counts, 'items', v_items));
end
$$;

comment on function prikke.tell_channel is 'Makes a notification of what waits for one channel; answers how many deliveries that is.';
