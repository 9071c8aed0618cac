-- What has changed lately among the executions of several organizations, for pages that are open: the newest that ended,
-- were begun or made within a time, at most p_limit of each organization. Asked again and again with an overlapping
-- window; the asker knows by id, status and attempt what it has seen.
create or replace function prikke.live_events(p_organizations uuid[], p_within interval default '10 seconds', p_limit integer default 100)
returns table (
  organization_id uuid, id uuid, job_id uuid, job_name text, kind text, status text, queue text, held_by text,
  scheduled_for timestamptz, due_at timestamptz, started_at timestamptz, finished_at timestamptz,
  status_code smallint, duration_ms integer, error_message text, reason text, attempt smallint, max_attempts smallint,
  url text, method text, due_count bigint, clock timestamptz
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
  with seen as (
    select l.*
    from unnest(p_organizations) as o (id)
    cross join lateral (
      (select e.organization_id, e.id, e.job_id, e.kind::text, e.status, e.queue, null as held_by, e.scheduled_for, e.due_at, e.started_at,
         e.finished_at, e.status_code, e.duration_ms, e.error_message, e.reason, e.attempt, e.max_attempts, e.url, e.method, e.due_count
       from prikke.past_execution as e
       where e.organization_id = o.id
         and e.finished_at >= prikke.clock() - p_within
       order by e.finished_at desc
       limit p_limit)
      union
      (select e.organization_id, e.id, e.job_id, e.kind::text, e.status::text, e.queue, e.held_by, e.scheduled_for, e.due_at, e.claimed_at,
         null, null, null, e.error_message, e.reason, e.attempt, e.max_attempts, e.url, e.method, 1
       from prikke.live_execution as e
       where e.organization_id = o.id
         and e.id >= prikke.id_bound(prikke.clock() - p_within)
       order by e.id desc
       limit p_limit)
      union
      (select e.organization_id, e.id, e.job_id, e.kind::text, e.status::text, e.queue, e.held_by, e.scheduled_for, e.due_at, e.claimed_at,
         null, null, null, e.error_message, e.reason, e.attempt, e.max_attempts, e.url, e.method, 1
       from prikke.live_execution as e
       where e.organization_id = o.id
         and e.status = 'running'
         and e.claimed_at >= prikke.clock() - p_within
       order by e.claimed_at desc
       limit p_limit)
    ) as l
  )
  select s.organization_id, s.id, s.job_id, d.name, s.kind, s.status, s.queue, s.held_by, s.scheduled_for, s.due_at, s.started_at, s.finished_at,
    s.status_code, s.duration_ms, s.error_message, s.reason, s.attempt, s.max_attempts, s.url, s.method, s.due_count, prikke.clock()
  from seen as s
  left join prikke.job_definition as d on d.organization_id = s.organization_id and d.id = s.job_id
  order by s.organization_id, s.id
$$;

comment on function prikke.live_events is 'Executions of some organizations that changed lately; the poll behind live pages.';
