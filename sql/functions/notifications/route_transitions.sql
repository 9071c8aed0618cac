-- Hands new changes of state to the channels that want to hear of them. What ends a trouble goes to all of a channel, since
-- it may know of it.
create or replace function prikke.route_transitions(p_limit integer)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_routed integer;
begin
  with batch as materialized (
    select t.*
    from prikke.transition as t
    where not t.routed
    order by t.position
    limit p_limit
    for update skip locked
  ), marked as (
    update prikke.transition as t
    set routed = true
    from batch as b
    where t.organization_id = b.organization_id
      and t.position = b.position
  ), fit as materialized (
    select b.organization_id, c.id as channel_id, b.position, b.kind, b.job_id, b.host,
      coalesce(b.job_id::text, 'host:' || b.host, b.kind) as subject,
      b.kind in ('recovered', 'host_up') as ends,
      not r.rules -> 'mute' = 'true' and r.rules -> 'events' ? b.kind
        and (r.rules -> 'recovery' = 'true' or b.kind not in ('recovered', 'host_up')) as wanted
    from batch as b
    join prikke.channel as c on c.organization_id = b.organization_id and c.enabled
    left join prikke.job_definition as d on d.organization_id = b.organization_id and d.id = b.job_id and d.deleted_at is null
    cross join lateral (select prikke.effective_rules(b.organization_id, c.rules, d.notify) as rules) as r
    where b.job_id is null
       or d.id is not null
  ), handed as (
    insert into prikke.notice (organization_id, channel_id, transition_position, kind, subject, job_id, host, silent, created_at, look_at)
    select f.organization_id, f.channel_id, f.position, f.kind, f.subject, f.job_id, f.host, not f.wanted, v_now, v_now
    from fit as f
    where f.wanted
       or f.ends
    order by f.position
  )
  select count(*)
  into v_routed
  from batch as b;
  return v_routed;
end
$$;

comment on function prikke.route_transitions is 'Hands new changes of state to the channels that want them; answers how many it looked at.';
