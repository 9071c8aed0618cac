-- Turns the reminders that are due into notices; a failure that somebody has acknowledged has none any more.
create or replace function prikke.remind(p_limit integer)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_reminded integer;
begin
  with due as (
    update prikke.told as t
    set remind_at = null
    where (t.organization_id, t.channel_id, t.subject) in (
      select x.organization_id, x.channel_id, x.subject
      from prikke.told as x
      where x.remind_at <= v_now
      order by x.remind_at
      limit p_limit)
    returning t.*
  ), noticed as (
    insert into prikke.notice (organization_id, channel_id, kind, subject, job_id, host, created_at, look_at)
    select d.organization_id, d.channel_id, 'reminder', d.subject, d.job_id, d.host, v_now, v_now
    from due as d
    join prikke.channel as c on c.organization_id = d.organization_id and c.id = d.channel_id and c.enabled
    join prikke.job_definition as j on j.organization_id = d.organization_id and j.id = d.job_id and j.enabled and j.deleted_at is null
    join prikke.job_health as h on h.organization_id = d.organization_id and h.job_id = d.job_id and h.failing_since is not null
    where not exists (
      select
      from prikke.mute as m
      where m.organization_id = d.organization_id
        and m.kind = 'acknowledge'
        and m.job_id = d.job_id
        and m.starts_at >= d.since)
    returning position
  )
  select count(*)
  into v_reminded
  from noticed as n;
  return v_reminded;
end
$$;

comment on function prikke.remind is 'Notices for troubles that go on and that nobody has acknowledged; answers how many.';
