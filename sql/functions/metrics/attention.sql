-- What of the caller's organization needs somebody, the gravest first: each with its reason, since when, and the one action
-- that helps. From what the engine knows of jobs, queues and hosts and from counts, never from history.
create or replace function prikke.attention(page_size integer default 20)
returns table (
  reason text,
  subject_kind text,
  subject_id text,
  name text,
  message text,
  count bigint,
  since timestamptz,
  last_success_at timestamptz,
  action text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
  c_most constant integer := 10000;
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_size constant integer := attention.page_size;
begin
  perform prikke.refuse(prikke.page_problems(v_size));
  return query
    with runner as (
      select count(*) filter (where r.alive) as alive
      from prikke.list_runner_health() as r
    ), failing as materialized (
      select d.id, d.name, s.consecutive_failures, s.last_run_at, s.last_success_at
      from prikke.job_state as s
      join prikke.job_definition as d on d.organization_id = s.organization_id and d.id = s.job_id
      where s.organization_id = v_organization_id
        and s.consecutive_failures > 0
        and d.enabled
        and d.deleted_at is null
      order by s.consecutive_failures desc
      limit v_size
    ), fresh as materialized (
      select c.job_id, sum(c.count) as count
      from prikke.tally_change as c
      where c.organization_id = v_organization_id
        and c.status in ('failed', 'timeout')
        and c.quarter_hour > v_now - interval '1 day'
      group by c.job_id
    ), counted as (
      select f.*,
        (select coalesce(sum(t.count), 0)
         from prikke.tally as t
         where t.organization_id = v_organization_id
           and t.job_id = f.id
           and t.quarter_hour > v_now - interval '1 day'
           and t.status in ('failed', 'timeout'))
        + coalesce((select r.count from fresh as r where r.job_id = f.id), 0) as failures
      from failing as f
    ), held as materialized (
      select h.held_by, h.place, count(*) as count, min(h.due_at) as since
      from (
        select e.held_by, e.due_at, case when e.held_by in ('breaker', 'host') then e.host when e.held_by in ('organization', 'limit') then '' else e.queue end as place
        from prikke.live_execution as e
        where e.organization_id = v_organization_id
          and e.held_by is not null
        limit c_most
      ) as h
      group by h.held_by, h.place
    ), late as (
      select l.queue, count(*) as count, min(l.due_at) as since
      from (
        select e.queue, e.due_at
        from prikke.live_execution as e
        where e.organization_id = v_organization_id
          and e.ready
          and e.due_at < v_now - interval '1 minute'
        limit c_most
      ) as l
      group by l.queue
    ), found (grade, reason, subject_kind, subject_id, name, message, count, since, last_success_at, action) as (
      select 1, 'no_runner', 'installation', null, 'Runners', 'No runner is alive: nothing is delivered until one starts.', null::bigint, null::timestamptz, null::timestamptz, 'status'
      from runner as r
      where r.alive = 0
      union all
      select 2, 'limit', 'organization', null, 'Plan', format('The executions of this month are used up; %s of them %s.',
        case when h.count = c_most then 'many' else h.count::text end, case when h.count = 1 then 'waits' else 'wait' end), h.count, h.since, null, 'plan'
      from held as h
      where h.held_by = 'limit'
      union all
      select 3, 'failing', 'job', c.id::text, c.name,
        case
          when c.failures > 0 then format('%s %s in the last 24 h', c.failures, case c.failures when 1 then 'failure' else 'failures' end)
          else format('failed %s in a row', case c.consecutive_failures when 1 then 'once' else c.consecutive_failures || ' times' end)
        end, c.failures::bigint, c.last_run_at, c.last_success_at, 'view'
      from counted as c
      union all
      (select 4, 'set_aside', 'job', d.id::text, d.name, format('cannot be scheduled: %s', s.set_aside_error), null, s.set_aside_at, s.last_success_at, 'edit'
       from prikke.job_state as s
       join prikke.job_definition as d on d.organization_id = s.organization_id and d.id = s.job_id and d.deleted_at is null
       where s.organization_id = v_organization_id
         and s.set_aside_at is not null
       order by s.set_aside_at desc
       limit v_size)
      union all
      (select 5, 'disabled', 'job', d.id::text, d.name,
         case d.pause_reason when 'gone' then 'disabled by Prikke: its endpoint answered 410 Gone' else 'disabled by Prikke: ' || coalesce(d.pause_reason, 'no reason given') end,
         null, d.paused_at, null, 'enable'
       from prikke.job_definition as d
       where d.organization_id = v_organization_id
         and d.paused_by = 'prikke'
         and not d.enabled
         and d.deleted_at is null
       order by d.paused_at desc
       limit v_size)
      union all
      select 6, 'breaker', 'host', b.host, b.host, format('failed %s times in a row (%s); requests to it wait', b.failures, b.last_error), h.count, b.changed_at, null, 'executions'
      from prikke.breaker as b
      left join held as h on h.held_by = 'breaker' and h.place = b.host
      where b.organization_id = v_organization_id
        and b.state <> 'closed'
      union all
      select 7, 'stopped_key', 'ordering_key', k.ordering_key, k.ordering_key, 'stopped at a failure; what has the same ordering key waits', null, min(k.stopped_at), null, 'continue'
      from prikke.stopped_key as k
      where k.organization_id = v_organization_id
      group by k.ordering_key
      union all
      select 8, 'late', 'queue', l.queue, l.queue, format('%s due and not sent yet', case when l.count = c_most then 'many' else l.count::text end), l.count, l.since, null, 'queue'
      from late as l
      union all
      select 9, 'paused', 'queue', q.name, q.name,
        concat('paused', ': ' || q.pause_reason, case when h.count > 0 then format('; %s waiting', h.count) end), coalesce(h.count, 0), q.paused_at, null, 'resume'
      from prikke.queue as q
      left join held as h on h.held_by = 'paused' and h.place = q.name
      where q.organization_id = v_organization_id
        and q.paused
      union all
      select 10, 'held', case when h.held_by in ('host', 'organization') then 'host' else 'queue' end, h.place, h.place,
        format('%s held for long by %s', h.count, case h.held_by when 'max_running' then 'max_running' when 'rate' then 'the rate' when 'ordering_key' then 'their ordering key'
          when 'overlap' then 'another run of their job' when 'host' then 'the cap of one host' else 'the cap of one organization' end), h.count, h.since, null, 'queue'
      from held as h
      where h.held_by in ('max_running', 'rate', 'ordering_key', 'overlap', 'host', 'organization')
        and h.since < v_now - interval '15 minutes'
      union all
      (select 11, s.series_status, 'job', d.id::text, d.name,
         format('%s %s %s', s.series_count, case s.series_count when 1 then 'due time' else 'due times' end,
           case s.series_status when 'skipped' then 'skipped: another run is still going' else 'missed' end),
         s.series_count, s.series_first_at, s.last_success_at, 'view'
       from prikke.job_state as s
       join prikke.job_definition as d on d.organization_id = s.organization_id and d.id = s.job_id and d.deleted_at is null and d.enabled
       where s.organization_id = v_organization_id
         and s.series_status is not null
         and s.series_last_at > v_now - interval '1 day'
       order by s.series_count desc
       limit v_size)
    )
    select f.reason, f.subject_kind, f.subject_id, f.name, f.message, f.count, f.since, f.last_success_at, f.action
    from found as f
    order by f.grade, f.count desc nulls last, f.since desc, f.name
    limit v_size;
end
$$;

comment on function prikke.attention is
  'Jobs, queues and hosts that need somebody, the gravest first, each with its reason and the action that helps: view, edit, enable, resume, continue, executions, queue, plan or status. Example: select name, message, since, action from prikke.attention();';
