create or replace view prikke.lateness as
select l.organization, l.queue, l.period, l.started, l.p50, l.p95, l.p99, l.most
from prikke.measure_lateness() as l
order by l.period, l.p99 desc, l.organization, l.queue;

comment on view prikke.lateness is
  'How late deliveries start, by queue, in the last hour and the last day: from due time to first request, to the precision of a histogram. Example: select queue, started, p50, p99 from prikke.lateness where period = ''1 hour'';';
comment on column prikke.lateness.period is 'The last hour or the last 24 hours, to the quarter hour.';
comment on column prikke.lateness.started is 'How many executions began.';
comment on column prikke.lateness.p99 is 'All but one in a hundred began at most this late; 1 minute stands for anything beyond.';
comment on column prikke.lateness.most is 'The latest one was at most this late (upper bound of its bucket); null: more than a minute.';
