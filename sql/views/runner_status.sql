create or replace view prikke.runner_status as
select
  r.host, r.process,
  case
    when r.seen_at < prikke.clock() - interval '30 seconds' then 'silent'
    when r.stopping then 'stopping'
    else 'alive'
  end as state,
  r.open as open_requests,
  coalesce(e.leases, 0) as leases,
  r.concurrency,
  case when r.listening then 'woken by NOTIFY' else 'polls' end as wakes,
  case when s.sleeping_until > prikke.clock() then s.sleeping_until end as sleeping_until,
  prikke.clock() - r.seen_at as seen_ago,
  prikke.clock() - r.started_at as up_for,
  r.release, r.id
from prikke.runner as r
left join prikke.runner_sleep as s on s.runner_id = r.id
left join (
  select w.runner_id, count(*) as leases
  from prikke.live_execution as w
  where w.status = 'running'
  group by w.runner_id
) as e on e.runner_id = r.id
order by r.seen_at < prikke.clock() - interval '30 seconds', r.host, r.process;

comment on view prikke.runner_status is
  'Which runners live, and how busy they are. A silent one has not been heard of for half a minute; what it held is taken over. Example: select host, state, open_requests, seen_ago from prikke.runner_status;';
comment on column prikke.runner_status.open_requests is 'As it last said of itself, every few seconds.';
comment on column prikke.runner_status.leases is 'Executions it holds at this moment.';
comment on column prikke.runner_status.sleeping_until is 'Null: it is awake.';
