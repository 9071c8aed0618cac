-- Sends all ended executions that match again, or those of some ids that match, oldest first, at a rate. Count first: dry_run is the default. All replays of
-- one call carry the same ref, so that cancel_sends(ref) takes back what has not gone yet.
create or replace function prikke.replay_executions(
  job_id uuid default null,
  status text[] default '{failed,timeout}',
  kind text default null,
  queue text default null,
  status_code integer default null,
  since timestamptz default null,
  until timestamptz default null,
  search text default null,
  as_sent boolean default false,
  rate integer default null,
  rate_period interval default '1 second',
  dry_run boolean default true,
  ids uuid[] default null
)
returns table (matched bigint, queued bigint, ref text, first_due_at timestamptz, last_due_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_most constant bigint := prikke.limit_value('replays', 100000);
  v_since timestamptz := replay_executions.since;
  v_problems jsonb := '[]';
  v_count record;
begin
  perform prikke.require_role('member');
  if replay_executions.status is not null and not replay_executions.status <@ '{success,failed,timeout,cancelled,missed,skipped}'::text[] then
    v_problems := v_problems || prikke.problem('status', 'unknown', 'has a status in which nothing has ended', 'success, failed, timeout, cancelled, missed or skipped');
  end if;
  if replay_executions.kind not in ('schedule', 'manual', 'send', 'replay') then
    v_problems := v_problems || prikke.problem('kind', 'unknown', format('"%s" is no kind that can be sent again', replay_executions.kind), 'schedule, manual, send or replay');
  end if;
  if replay_executions.rate not between 1 and 1000000 then
    v_problems := v_problems || prikke.problem('rate', 'out_of_range', 'must lie between 1 and 1000000 for each rate_period');
  end if;
  if replay_executions.rate_period is null or replay_executions.rate_period not between interval '1 second' and interval '31 days' then
    v_problems := v_problems || prikke.problem('rate_period', 'out_of_range', 'must lie between 1 second and 31 days');
  end if;
  perform prikke.refuse(v_problems);
  if replay_executions.search is not null then
    v_since := greatest(v_since, coalesce(replay_executions.until, prikke.clock()) - interval '24 hours');
  end if;

  select r.*
  into v_count
  from prikke.queue_replays(
    replay_executions.ids, replay_executions.job_id, replay_executions.status, replay_executions.kind, replay_executions.queue, replay_executions.status_code,
    v_since, replay_executions.until, replay_executions.search, coalesce(replay_executions.as_sent, false), null, interval '0', true) as r;
  matched := v_count.matched;
  queued := v_count.queued;
  if coalesce(replay_executions.dry_run, true) or v_count.queued = 0 then
    return next;
    return;
  end if;
  if v_count.queued > v_most then
    raise exception '% executions match, at most % are replayed at once', v_count.queued, v_most
      using errcode = 'PK413', column = 'until', hint = 'Take a part of the time: since => …, until => ….';
  end if;

  ref := 'replay:' || prikke.new_id(prikke.clock());
  select r.*
  into v_count
  from prikke.queue_replays(
    replay_executions.ids, replay_executions.job_id, replay_executions.status, replay_executions.kind, replay_executions.queue, replay_executions.status_code,
    v_since, replay_executions.until, replay_executions.search, coalesce(replay_executions.as_sent, false), ref,
    coalesce(make_interval(secs => extract(epoch from replay_executions.rate_period)::double precision / replay_executions.rate), interval '0'), false) as r;
  matched := v_count.matched;
  queued := v_count.queued;
  first_due_at := v_count.first_due_at;
  last_due_at := v_count.last_due_at;
  return next;
end
$$;

comment on function prikke.replay_executions is
  'Counts the ended executions that match, of which queued can be sent again; with dry_run => false queues their replays, at most rate in each rate_period. cancel_sends(ref) takes back those that have not gone. Example: select matched, queued, ref from prikke.replay_executions(status => ''{failed,timeout}'', since => prikke.clock() - interval ''2 hours'', rate => 10, dry_run => true);';
