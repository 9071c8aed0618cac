-- A runner that found nothing says until when it means to sleep; null: it is awake.
create or replace function prikke.sleep_until(p_runner_id uuid, p_until timestamptz)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into prikke.runner_sleep as s (runner_id, sleeping_until)
  values (p_runner_id, coalesce(p_until, '-infinity'))
  on conflict (runner_id) do update
  set sleeping_until = excluded.sleeping_until
$$;

comment on function prikke.sleep_until is 'Publishes until when a runner sleeps, so that writers know whether to wake it.';
