-- Sees which due runs have waited for a runner longer than they may be late; each job is said once a day. What is held waits
-- for another reason and has it said elsewhere. Looks at nothing while nothing waits long.
create or replace function prikke.note_late(p_limit integer default 1000)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  with waiting as materialized (
    select e.organization_id, e.job_id, min(e.due_at) as due_at
    from prikke.live_execution as e
    where prikke.oldest_due() < prikke.clock() - interval '1 minute'
      and e.ready
      and e.kind = 'schedule'
      and e.claim_number = 0
      and e.due_at < prikke.clock() - interval '1 minute'
    group by e.organization_id, e.job_id
    order by min(e.due_at)
    limit p_limit
  )
  select prikke.note_transition(
    w.organization_id, 'late', w.job_id, null, null, jsonb_build_object('due_at', w.due_at), prikke.late_mark(w.job_id))
  from waiting as w
  join prikke.job_definition as d on d.organization_id = w.organization_id and d.id = w.job_id
  where w.due_at < prikke.clock() - prikke.catch_up_grace(d.interval_minutes)
$$;

comment on function prikke.note_late is 'Notes which runs have waited for a runner too long. Runners only.';
