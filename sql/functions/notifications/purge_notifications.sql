-- Removes what notifications no longer need: old changes and mutes, and what is known of jobs and channels that are gone.
create or replace function prikke.purge_notifications(p_limit integer)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
begin
  delete from prikke.transition as t
  where (t.organization_id, t.position) in (
    select x.organization_id, x.position
    from prikke.transition as x
    where x.at < v_now - interval '90 days'
    order by x.at
    limit p_limit);
  delete from prikke.notification as n
  where (n.organization_id, n.channel_id, n.execution_id) in (
    select x.organization_id, x.channel_id, x.execution_id
    from prikke.notification as x
    where x.made_at < v_now - interval '90 days'
    order by x.made_at
    limit p_limit);
  delete from prikke.mute as m
  where (m.organization_id, m.id) in (
    select x.organization_id, x.id
    from prikke.mute as x
    where x.ends_at < v_now
    order by x.ends_at
    limit p_limit);
  delete from prikke.job_health as h
  where not exists (
    select
    from prikke.job_definition as d
    where d.organization_id = h.organization_id
      and d.id = h.job_id
      and d.deleted_at is null);
  -- Not while the channel is still to be told of the end.
  delete from prikke.told as t
  where not exists (
      select
      from prikke.notice as n
      where n.organization_id = t.organization_id
        and n.channel_id = t.channel_id
        and n.subject = t.subject)
    and not (exists (
        select
        from prikke.channel as c
        where c.organization_id = t.organization_id
          and c.id = t.channel_id)
      and case
        when t.job_id is not null then exists (
          select
          from prikke.job_health as h
          where h.organization_id = t.organization_id
            and h.job_id = t.job_id)
        else exists (
          select
          from prikke.breaker as b
          where b.organization_id = t.organization_id
            and b.host = t.host)
      end);
end
$$;

comment on function prikke.purge_notifications is 'Removes old changes of state and ended mutes, and what is known of what is gone.';
