-- Wakes runners that mean to sleep past an instant. A commit that notifies holds an instance-wide lock through its fsync, so it is done only then.
create or replace function prikke.wake_runners(p_due_at timestamptz)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from prikke.runner_sleep as s where s.sleeping_until > p_due_at) then
    perform pg_notify('prikke', '');
  end if;
end
$$;

comment on function prikke.wake_runners is 'NOTIFY prikke, if a runner sleeps longer than until the given instant.';
