create or replace view prikke.due_execution as
select
  e.organization,
  (select d.name
   from prikke.job_definition as d
   where d.organization_id = e.organization_id
     and d.id = e.job_id) as job,
  e.kind, e.queue, e.due_at, prikke.clock() - e.due_at as late, e.held_by,
  e.attempt + 1 as next_attempt, e.max_attempts, e.error_message as last_error,
  e.priority, e.ordering_key, e.scheduled_for,
  coalesce(e.url, (
    select d.url
    from prikke.job_definition as d
    where d.organization_id = e.organization_id
      and d.id = e.job_id)) as url,
  e.id, e.job_id
from (
  select o.slug as organization, w.*
  from prikke.live_execution as w
  join prikke.organization as o on o.id = w.organization_id
  where w.due_at <= prikke.clock()
    and (w.ready
      or (w.status = 'pending' and w.held_by is not null)
      or (w.status = 'pending' and not w.ready and w.held_by is null))
  order by w.due_at, o.slug, w.position
) as e;

comment on view prikke.due_execution is
  'What is due and has not started, longest first. Empty or short while all is well. Example: select organization, job, late, held_by from prikke.due_execution limit 20;';
comment on column prikke.due_execution.late is 'How long it has been due.';
comment on column prikke.due_execution.held_by is 'What keeps it back (overlap, ordering_key, …); null: it only waits for a free runner.';
comment on column prikke.due_execution.last_error is 'Why the attempt before failed, if there was one.';
