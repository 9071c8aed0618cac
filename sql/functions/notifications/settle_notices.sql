-- Of what a channel is to be told of one trouble only the last word counts: what began and ended unheard is not told, nor
-- what it knows already. What ends a trouble that nobody wants to hear the end of just ends it.
create or replace function prikke.settle_notices()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c_states constant text[] := '{failing,recovered,host_down,host_up,reminder}';
begin
  delete from prikke.notice as n
  using prikke.notice as later
  where later.organization_id = n.organization_id
    and later.channel_id = n.channel_id
    and later.subject = n.subject
    and later.position > n.position
    and later.kind = any (c_states)
    and n.kind = any (c_states);
  delete from prikke.told as t
  using prikke.notice as n
  where n.organization_id = t.organization_id
    and n.channel_id = t.channel_id
    and n.subject = t.subject
    and n.silent;
  delete from prikke.notice as n
  where n.kind = any (c_states)
    and (n.silent or n.kind in ('recovered', 'host_up', 'reminder') <> exists (
      select
      from prikke.told as t
      where t.organization_id = n.organization_id
        and t.channel_id = n.channel_id
        and t.subject = n.subject));
  -- A host that is down is told by the first failing job, or by itself; once is enough.
  delete from prikke.notice as n
  where n.kind = 'host_down'
    and (exists (
        select
        from prikke.told as t
        where t.organization_id = n.organization_id
          and t.channel_id = n.channel_id
          and t.host = n.host)
      or exists (
        select
        from prikke.notice as o
        where o.organization_id = n.organization_id
          and o.channel_id = n.channel_id
          and o.host = n.host
          and o.kind = 'failing'));
  delete from prikke.notice as n
  where not exists (
      select
      from prikke.channel as c
      where c.organization_id = n.organization_id
        and c.id = n.channel_id
        and c.enabled)
    or exists (
      select
      from prikke.job_definition as d
      where d.organization_id = n.organization_id
        and d.id = n.job_id
        and d.deleted_at is not null);
end
$$;

comment on function prikke.settle_notices is 'Drops notices that later ones have overtaken, that are known, or whose channel or job is gone.';
