-- Tells each channel what waits for it, all in one: once nothing new came for ten seconds, or the oldest waits two minutes.
-- Held back is what falls into quiet hours or a mute, and a job that fails because its host is down while the channel
-- knows that already, until the host has answered for ten minutes; all of it is looked at again each minute. A channel that
-- was told very often within the hour hears the rest together, when it is its turn again. Answers how many notifications
-- were made.
create or replace function prikke.gather_notices(p_limit integer)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c_calm constant interval := '10 seconds';
  c_longest constant interval := '2 minutes';
  c_recovering constant interval := '10 minutes';
  c_again constant interval := '1 minute';
  v_now constant timestamptz := prikke.clock();
  v_channel record;
  v_made integer := 0;
begin
  with looked as materialized (
    select n.organization_id, n.channel_id, n.position,
      prikke.in_quiet_hours(r.rules, v_now)
      or prikke.is_muted(n.organization_id, n.job_id, v_now)
      or (n.kind = 'failing'
        and exists (
          select
          from prikke.breaker as b
          where b.organization_id = n.organization_id
            and b.host = n.host
            and b.state <> 'closed')
        and exists (
          select
          from prikke.told as t
          where t.organization_id = n.organization_id
            and t.channel_id = n.channel_id
            and t.host = n.host))
      or (n.kind = 'failing'
        and exists (
          select
          from prikke.transition as u
          where u.organization_id = n.organization_id
            and u.kind = 'host_up'
            and u.host = n.host
            and u.at between n.created_at and v_now
            and u.at > v_now - c_recovering)) as held
    from prikke.notice as n
    join prikke.channel as c on c.organization_id = n.organization_id and c.id = n.channel_id
    left join prikke.job_definition as d on d.organization_id = n.organization_id and d.id = n.job_id
    cross join lateral (select prikke.effective_rules(n.organization_id, c.rules, d.notify) as rules) as r
    where n.look_at <= v_now
  )
  update prikke.notice as n
  set look_at = v_now + c_again
  from looked as l
  where l.held
    and n.organization_id = l.organization_id
    and n.channel_id = l.channel_id
    and n.position = l.position;

  for v_channel in
    select n.organization_id, n.channel_id
    from prikke.notice as n
    where n.look_at <= v_now
    group by n.organization_id, n.channel_id
    having (max(n.created_at) <= v_now - c_calm
        or min(n.created_at) <= v_now - c_longest)
       and (
         select count(distinct o.made_at)
         from prikke.notification as o
         where o.organization_id = n.organization_id
           and o.channel_id = n.channel_id
           and o.execution_id >= prikke.id_bound(v_now - interval '1 hour')) < prikke.limit_value('notifications_per_hour', 60)
    order by min(n.created_at)
    limit p_limit
  loop
    v_made := v_made + prikke.tell_channel(v_channel.organization_id, v_channel.channel_id);
  end loop;
  return v_made;
end
$$;

comment on function prikke.gather_notices is 'Makes one notification of all that waits for a channel, when it is time; answers how many.';
