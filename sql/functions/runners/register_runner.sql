-- A runner says that it lives, at its start and every few seconds.
create or replace function prikke.register_runner(
  p_runner_id uuid,
  p_host text,
  p_process integer,
  p_release text,
  p_concurrency integer,
  p_open integer default 0,
  p_stopping boolean default false,
  p_listening boolean default false
)
returns timestamptz
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into prikke.runner as r (id, host, process, release, concurrency, open, stopping, listening, started_at, seen_at)
  values (p_runner_id, p_host, p_process, p_release, p_concurrency, p_open, p_stopping, p_listening, prikke.clock(), prikke.clock())
  on conflict (id) do update
  set concurrency = excluded.concurrency,
      open = excluded.open,
      stopping = excluded.stopping,
      listening = excluded.listening,
      seen_at = excluded.seen_at
  returning r.seen_at
$$;

comment on function prikke.register_runner is 'Writes or refreshes a runner''s row; answers the database clock.';
