-- Why the operator's heartbeat is not sent: each reason of its own, none when all is well.
create or replace function prikke.troubles()
returns text[]
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(t.says order by t.number) filter (where t.holds), '{}')
  from (values
    (1, 'no runner is alive', not exists (
      select
      from prikke.runner as r
      where r.seen_at >= prikke.clock() - interval '30 seconds'
        and not r.stopping)),
    (2, 'what is due waits too long for a runner',
      prikke.oldest_due(500) < prikke.clock() - make_interval(secs => prikke.limit_value('due_age_seconds', 300))),
    (3, 'due times of jobs become executions late', exists (
      select
      from prikke.job_state as s
      where s.next_run_at < prikke.clock() - interval '1 minute')),
    (4, 'history has no partition for tomorrow', prikke.partitions_ahead() = 0)
  ) as t (number, says, holds)
$$;

comment on function prikke.troubles is 'What is wrong with the installation as a whole, in words; empty: all is well, and PRIKKE_HEARTBEAT_URL is called.';
