-- A page of the caller's executions, newest first, live and past. Ids begin with an instant (the due time of a schedule,
-- else creation), so they are the order, and `cursor` is the last id of the page before. Text is searched within 24 hours.
-- Who follows what happens asks for what was made, begun or ended since an instant, a few seconds before the last time they
-- asked: a row shows when its transaction ends.
create or replace function prikke.list_executions(
  job_id uuid default null,
  status text[] default null,
  kind text default null,
  queue text default null,
  status_code integer default null,
  since timestamptz default null,
  until timestamptz default null,
  search text default null,
  page_size integer default 50,
  cursor uuid default null,
  changed_since timestamptz default null
)
returns setof prikke.execution
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_begins constant timestamptz := prikke.history_begins(v_organization_id);
  v_pattern constant text := '%' || replace(replace(replace(lower(search), '\', '\\'), '%', '\%'), '_', '\_') || '%';
  v_below uuid := coalesce(cursor, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_above uuid := '00000000-0000-0000-0000-000000000000';
  v_problems jsonb := prikke.page_problems(page_size);
  v_made_above constant uuid := prikke.id_bound(changed_since);
  v_failures_only boolean;
  v_ids uuid[];
begin
  if status is not null and not status <@ '{pending,running,success,failed,timeout,cancelled,missed,skipped}'::text[] then
    v_problems := v_problems || prikke.problem('status', 'unknown', 'has a status that does not exist', 'pending, running, success, failed, timeout, cancelled, missed or skipped');
  end if;
  if kind not in ('schedule', 'manual', 'send', 'replay', 'notification', 'test') then
    v_problems := v_problems || prikke.problem('kind', 'unknown', format('"%s" is no kind', kind), 'schedule, manual, send, replay, notification or test');
  end if;
  perform prikke.refuse(v_problems);
  if search is not null then
    since := greatest(since, coalesce(until, prikke.clock()) - interval '24 hours');
  end if;
  if since is not null then
    v_above := prikke.id_bound(since);
  end if;
  if until is not null then
    v_below := least(v_below, prikke.id_bound(until));
  end if;
  v_failures_only := status is not null and status <@ '{failed,timeout}'::text[];

  v_ids := array(
    select f.id
    from (
      (select e.id
       from prikke.live_execution as e
       where e.organization_id = v_organization_id
         and e.id < v_below
         and e.id >= v_above
         and (changed_since is null or e.id >= v_made_above or (e.status = 'running' and e.claimed_at >= changed_since))
         and (job_id is null or e.job_id = list_executions.job_id)
         and (status is null or case when exists (
             select
             from prikke.execution_request as q
             where q.organization_id = e.organization_id
               and q.execution_id = e.id)
           then 'cancelled' else e.status::text end = any (status))
         and (kind is null or e.kind = list_executions.kind)
         and (queue is null or e.queue = list_executions.queue)
         and status_code is null
         and (search is null or lower(concat_ws(' ', e.url, e.error_message, e.key, e.ref, e.body)) like v_pattern)
       order by e.id desc
       limit page_size)
      union all
      (select e.id
       from prikke.past_execution as e
       where e.organization_id = v_organization_id
         and e.finished_at > v_begins
         and (changed_since is null or e.finished_at >= changed_since)
         and e.id < v_below
         and e.id >= v_above
         and (job_id is null or e.job_id = list_executions.job_id)
         and (status is null or e.status = any (status))
         and (not v_failures_only or e.status in ('failed', 'timeout'))
         and (kind is null or e.kind = list_executions.kind)
         and (queue is null or e.queue = list_executions.queue)
         and (status_code is null or e.status_code = list_executions.status_code)
         and (search is null or lower(concat_ws(' ', e.url, e.error_message, e.key, e.ref, e.body, convert_from(
           case when prikke.is_utf8(e.response_body) then e.response_body end, 'UTF8'))) like v_pattern)
       order by e.id desc
       limit page_size)
      union all
      (select prikke.scheduled_id(s.job_id, s.series_first_at)
       from prikke.job_state as s
       where s.organization_id = v_organization_id
         and s.series_status is not null
         and prikke.scheduled_id(s.job_id, s.series_first_at) < v_below
         and prikke.scheduled_id(s.job_id, s.series_first_at) >= v_above
         and (changed_since is null or s.series_last_at >= changed_since)
         and (job_id is null or s.job_id = list_executions.job_id)
         and (status is null or s.series_status = any (status))
         and (kind is null or kind = 'schedule')
         and queue is null
         and status_code is null
         and search is null
       order by 1 desc
       limit page_size)
    ) as f (id)
    order by f.id desc
    limit page_size);

  return query
    select e.*
    from prikke.execution as e
    where e.id = any (v_ids)
    order by e.id desc;
end
$$;

comment on function prikke.list_executions is
  'A page of executions, newest first; status takes several, search looks into texts of 24 hours, cursor is the last id of the page before. Example: select scheduled_for, status, status_code from prikke.list_executions(status => ''{failed,timeout}'', page_size => 20);';
