-- The channels of the caller's organization, the oldest first. What became of the last notifications is read from history.
create or replace function prikke.list_channels()
returns setof prikke.shown_channel
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.id, c.kind, c.name, c.target, c.enabled, c.rules, c.created_at, c.updated_at,
    s.sent_at, case when f.failed_at > coalesce(s.sent_at, '-infinity') then f.error end,
    case when f.failed_at > coalesce(s.sent_at, '-infinity') then f.failed_at end
  from prikke.channel as c
  cross join lateral (
    select max(e.finished_at) filter (where e.status = 'success') as sent_at
    from (select n.* from prikke.notification as n where n.organization_id = c.organization_id and n.channel_id = c.id order by n.execution_id desc limit 20) as n
    join prikke.past_execution as e on e.organization_id = n.organization_id and e.id = n.execution_id and e.finished_at >= n.made_at - interval '1 minute'
  ) as s
  left join lateral (
    select x.failed_at, x.error
    from (select n.* from prikke.notification as n where n.organization_id = c.organization_id and n.channel_id = c.id order by n.execution_id desc limit 20) as n
    cross join lateral (
      select e.finished_at as failed_at, coalesce(e.error_message, e.status) as error
      from prikke.past_execution as e
      where e.organization_id = n.organization_id
        and e.id = n.execution_id
        and e.finished_at >= n.made_at - interval '1 minute'
        and e.status in ('failed', 'timeout')
      union all
      select w.due_at, w.error_message
      from prikke.live_execution as w
      where w.organization_id = n.organization_id
        and w.id = n.execution_id
        and w.attempt > 0
    ) as x
    order by x.failed_at desc
    limit 1
  ) as f on true
  where c.organization_id = prikke.current_organization()
  order by c.created_at, c.id
$$;

comment on function prikke.list_channels is
  'Where this organization is told of changes, with what last arrived and, if it is later, what last failed. Example: select name, kind, target, last_sent_at, last_error from prikke.list_channels();';
