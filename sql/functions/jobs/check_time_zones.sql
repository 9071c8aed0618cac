-- Notices that zone data changed under the jobs: compares the fingerprint of each zone in use with the stored one and asks
-- for a new plan of its jobs, in batches. Plans never go back behind what was decided; where a zone has vanished, planning
-- fails and sets its jobs aside.
create or replace function prikke.check_time_zones(p_limit integer default 10000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_zone record;
  v_last uuid;
  v_count integer := 0;
  v_asked integer;
begin
  if not pg_try_advisory_xact_lock(1886546795, 5) then
    return 0;
  end if;

  for v_zone in
    with recursive used (timezone) as (
      (select d.timezone
       from prikke.job_definition as d
       where d.deleted_at is null
         and d.schedule_type = 'cron'
       order by d.timezone
       limit 1)
      union all
      select (
        select d.timezone
        from prikke.job_definition as d
        where d.deleted_at is null
          and d.schedule_type = 'cron'
          and d.timezone > used.timezone
        order by d.timezone
        limit 1)
      from used
      where used.timezone is not null
    )
    select u.timezone, z.fingerprint, z.checked_at
    from used as u
    left join prikke.zone_state as z on z.timezone = u.timezone
    where u.timezone is not null
      and (z.checked_at is null or z.checked_at < v_now - interval '1 hour')
  loop
    insert into prikke.zone_state as z (timezone, fingerprint, checked_at)
    values (v_zone.timezone, coalesce(prikke.zone_fingerprint(v_zone.timezone), ''), v_now)
    on conflict (timezone) do update
    set fingerprint = excluded.fingerprint,
        checked_at = excluded.checked_at,
        replan_after = case when z.fingerprint <> excluded.fingerprint then '00000000-0000-0000-0000-000000000000' else z.replan_after end;
  end loop;

  for v_zone in
    select z.timezone, z.replan_after
    from prikke.zone_state as z
    where z.replan_after is not null
    order by z.timezone
  loop
    with batch as (
      select d.organization_id, d.id
      from prikke.job_definition as d
      where d.timezone = v_zone.timezone
        and d.id > v_zone.replan_after
        and d.deleted_at is null
        and d.schedule_type = 'cron'
      order by d.id
      limit p_limit - v_count
    ), asked as (
      insert into prikke.job_change (organization_id, job_id, kind, reason)
      select b.organization_id, b.id, 'plan', 'zone_data'
      from batch as b
      returning job_id
    )
    select max(a.job_id::text)::uuid, count(*)
    into v_last, v_asked
    from asked as a;
    v_count := v_count + v_asked;
    update prikke.zone_state as z
    set replan_after = case when v_count < p_limit then null else coalesce(v_last, z.replan_after) end
    where z.timezone = v_zone.timezone;
    exit when v_count >= p_limit;
  end loop;
  return v_count;
end
$$;

comment on function prikke.check_time_zones is
  'Compares zone data with what the plans were made from; answers how many jobs are to be planned anew. Runners call it at start and daily.';
