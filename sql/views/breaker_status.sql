create or replace view prikke.breaker_status as
select o.slug as organization, b.host, b.state, b.failures, b.pause, nullif(b.open_until, 'infinity') as open_until, b.changed_at,
  (select count(*)
   from prikke.live_execution as e
   where e.organization_id = b.organization_id
     and e.host = b.host
     and e.held_by in ('breaker', 'host')
     and e.held_by = 'breaker') as held,
  b.last_error
from prikke.breaker as b
join prikke.organization as o on o.id = b.organization_id
order by b.state desc, b.failures desc;

comment on view prikke.breaker_status is
  'Hosts that failed last: how often in a row, whether their breaker is open, until when, and what it holds. Example: select * from prikke.breaker_status where state <> ''closed'';';
