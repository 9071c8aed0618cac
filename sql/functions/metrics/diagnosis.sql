-- Facts that `prikke doctor` judges and that no view shows to every login.
create or replace function prikke.diagnosis()
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'clock', prikke.clock(),
    'organizations', (select count(*) from prikke.organization as o where o.deleted_at is null),
    'oldest_due_seconds', extract(epoch from prikke.clock() - prikke.oldest_due()),
    'tick_lag_seconds', (select greatest(extract(epoch from prikke.clock() - min(s.next_run_at)), 0) from prikke.job_state as s where s.next_run_at is not null),
    'partitions_ahead', prikke.partitions_ahead(),
    'set_aside', (select count(*) from (select from prikke.job_state as s where s.set_aside_at is not null limit 1000) as s),
    'unfolded', (select count(*) from (select from prikke.tally_change as c limit 10000) as c) + (select count(*) from (select from prikke.job_outcome as c limit 10000) as c),
    'runners', coalesce((
      select jsonb_agg(jsonb_build_object(
        'name', r.host || ' process ' || r.process, 'release', r.release, 'listening', r.listening, 'stopping', r.stopping,
        'open', r.open, 'concurrency', r.concurrency,
        'silent_seconds', extract(epoch from prikke.clock() - r.seen_at)) order by r.seen_at desc)
      from prikke.runner as r), '[]'),
    'schedules', coalesce((
      select jsonb_agg(distinct jsonb_build_object('cron', d.cron, 'timezone', d.timezone))
      from (
        select d.cron, d.timezone
        from prikke.job_definition as d
        where d.deleted_at is null
          and d.schedule_type = 'cron'
        limit 1000
      ) as d), '[]'))
$$;

comment on function prikke.diagnosis is 'What prikke doctor judges: lateness, runners, upkeep, schedules in use.';
