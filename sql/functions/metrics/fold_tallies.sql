-- Folds appended counts into tallies and into the totals that metrics read, one folder at a time.
create or replace function prikke.fold_tallies(p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_folded integer;
begin
  if not exists (select from prikke.tally_change) or not pg_try_advisory_xact_lock(1886546795, 4) then
    return 0;
  end if;
  with batch as (
    delete from prikke.tally_change as c
    where (c.organization_id, c.position) in (
      select x.organization_id, x.position
      from prikke.tally_change as x
      order by x.position
      limit p_limit)
    returning c.*
  ), summed as (
    select b.organization_id, b.quarter_hour, b.job_id, b.queue, b.kind, b.status,
      sum(b.count) as count, sum(b.first_attempts) as first_attempts, sum(b.duration_ms) as duration_ms, count(*) as changes
    from batch as b
    group by 1, 2, 3, 4, 5, 6
  ), duration as (
    select b.organization_id, b.quarter_hour, b.job_id, b.queue, b.kind, b.status, prikke.histogram(array_agg(d.ms)) as buckets
    from batch as b
    cross join unnest(b.durations_ms) as d (ms)
    group by 1, 2, 3, 4, 5, 6
  ), lateness as (
    select b.organization_id, b.quarter_hour, b.job_id, b.queue, b.kind, b.status, prikke.histogram(array_agg(d.ms)) as buckets
    from batch as b
    cross join unnest(b.latenesses_ms) as d (ms)
    group by 1, 2, 3, 4, 5, 6
  ), merged as (
    insert into prikke.tally as t (organization_id, quarter_hour, job_id, queue, kind, status, count, first_attempts, duration_ms, durations, lateness)
    select s.organization_id, s.quarter_hour, s.job_id, s.queue, s.kind, s.status, s.count, s.first_attempts, s.duration_ms,
      coalesce(d.buckets, prikke.histogram('{}')), coalesce(l.buckets, prikke.histogram('{}'))
    from summed as s
    left join duration as d
      on (d.organization_id, d.quarter_hour, d.queue, d.kind, d.status) = (s.organization_id, s.quarter_hour, s.queue, s.kind, s.status)
      and d.job_id is not distinct from s.job_id
    left join lateness as l
      on (l.organization_id, l.quarter_hour, l.queue, l.kind, l.status) = (s.organization_id, s.quarter_hour, s.queue, s.kind, s.status)
      and l.job_id is not distinct from s.job_id
    on conflict (organization_id, quarter_hour, job_id, queue, kind, status) do update
    set count = t.count + excluded.count,
        first_attempts = t.first_attempts + excluded.first_attempts,
        duration_ms = t.duration_ms + excluded.duration_ms,
        durations = prikke.add_arrays(t.durations, excluded.durations),
        lateness = prikke.add_arrays(t.lateness, excluded.lateness)
  ), overall as (
    insert into prikke.organization_tally as t (organization_id, quarter_hour, kind, status, count)
    select s.organization_id, s.quarter_hour, s.kind, s.status, sum(s.count)
    from summed as s
    group by 1, 2, 3, 4
    on conflict (organization_id, quarter_hour, kind, status) do update
    set count = t.count + excluded.count
  ), used as (
    insert into prikke.organization_usage as u (organization_id, day, executions)
    select s.organization_id, (s.quarter_hour at time zone 'UTC')::date, sum(s.first_attempts)
    from summed as s
    where s.kind in ('schedule', 'manual', 'send', 'replay')
    group by 1, 2
    having sum(s.first_attempts) > 0
    on conflict (organization_id, day) do update
    set executions = u.executions + excluded.executions
  ), totalled as (
    insert into prikke.tally_total as t (kind, status, count, duration_ms, durations, lateness_ms, lateness)
    select s.kind, s.status, s.count, s.duration_ms, coalesce(d.buckets, prikke.histogram('{}')), s.lateness_ms, coalesce(l.buckets, prikke.histogram('{}'))
    from (
      select b.kind, b.status, sum(b.count) as count, sum(b.duration_ms) as duration_ms,
        coalesce(sum((select sum(v.ms) from unnest(b.latenesses_ms) as v (ms))), 0) as lateness_ms
      from batch as b
      group by b.kind, b.status
    ) as s
    left join (
      select x.kind, x.status, array_agg(x.count order by x.number) as buckets
      from (
        select d.kind, d.status, v.number, sum(v.count)::bigint as count
        from duration as d
        cross join unnest(d.buckets) with ordinality as v (count, number)
        group by 1, 2, 3
      ) as x
      group by x.kind, x.status
    ) as d on d.kind = s.kind and d.status = s.status
    left join (
      select x.kind, x.status, array_agg(x.count order by x.number) as buckets
      from (
        select l.kind, l.status, v.number, sum(v.count)::bigint as count
        from lateness as l
        cross join unnest(l.buckets) with ordinality as v (count, number)
        group by 1, 2, 3
      ) as x
      group by x.kind, x.status
    ) as l on l.kind = s.kind and l.status = s.status
    on conflict (kind, status) do update
    set count = t.count + excluded.count,
        duration_ms = t.duration_ms + excluded.duration_ms,
        durations = prikke.add_arrays(t.durations, excluded.durations),
        lateness_ms = t.lateness_ms + excluded.lateness_ms,
        lateness = prikke.add_arrays(t.lateness, excluded.lateness)
  )
  select coalesce(sum(s.changes), 0)
  into v_folded
  from summed as s;
  return v_folded;
end
$$;

comment on function prikke.fold_tallies is 'Folds counts of completed batches into tally; answers how many changes.';
