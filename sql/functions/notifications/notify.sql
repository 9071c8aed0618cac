-- Tells people what changed: new changes go to the channels that want them, reminders join, and what is ready is sent, one
-- notification a channel. One at a time; nothing waits for it. Answers whether there is more to do at once, and how many
-- deliveries were queued.
create or replace function prikke.notify(p_limit integer default 5000)
returns table (more boolean, queued integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  more := false;
  queued := 0;
  if not pg_try_advisory_xact_lock(1886546795, 8) then
    return next;
    return;
  end if;
  more := prikke.route_transitions(p_limit) >= p_limit;
  perform prikke.remind(p_limit);
  if not more and exists (select from prikke.notice as n where n.look_at <= prikke.clock()) then
    perform prikke.settle_notices();
    queued := prikke.gather_notices(p_limit);
  end if;
  return next;
end
$$;

comment on function prikke.notify is 'Tells channels what changed; answers whether there is more at once, and how many deliveries were queued. Runners only.';
