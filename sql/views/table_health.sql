create or replace view prikke.table_health as
with family as (
  select
    coalesce(i.inhparent, c.oid)::regclass as relation,
    bool_or(c.relkind = 'p') as partitioned,
    count(*) filter (where c.relispartition) as partitions,
    min(c.relname::text) filter (where c.relispartition) as first_partition,
    max(c.relname::text) filter (where c.relispartition) as last_partition,
    sum(pg_total_relation_size(c.oid))::bigint as bytes,
    sum(pg_stat_get_live_tuples(c.oid))::bigint as rows,
    sum(pg_stat_get_dead_tuples(c.oid))::bigint as dead_rows,
    max(greatest(pg_stat_get_last_autovacuum_time(c.oid), pg_stat_get_last_vacuum_time(c.oid))) as vacuumed_at
  from pg_class as c
  left join pg_inherits as i on i.inhrelid = c.oid
  where c.relnamespace = 'prikke'::regnamespace
    and c.relkind in ('r', 'p')
  group by 1
), relation as (
  select f.*,
    (select c.relname::text from pg_class as c where c.oid = f.relation) as name,
    to_regclass(format('prikke.%s_%s', (select c.relname from pg_class as c where c.oid = f.relation),
      to_char(prikke.clock() at time zone 'UTC' + interval '1 day', 'YYYYMMDD'))) is not null as has_tomorrow
  from family as f
), holder (what, since, remedy) as (
  select format('process %s (%s, user %s) has a transaction open', a.pid, coalesce(nullif(a.application_name, ''), 'no name'), a.usename),
    a.xact_start, format('select pg_terminate_backend(%s);', a.pid)
  from pg_stat_activity as a
  where a.backend_xmin is not null
    and a.xact_start < statement_timestamp() - interval '1 minute'
    and a.pid <> pg_backend_pid()
    and a.backend_type not in ('walsender', 'autovacuum worker')
  union all
  select format('the transaction %L was prepared and never ended (owner %s, database %s)', x.gid, x.owner, x.database),
    x.prepared, format('rollback prepared %L;', x.gid)
  from pg_prepared_xacts as x
  where x.prepared < statement_timestamp() - interval '1 minute'
), slot (what, age, remedy) as (
  select format('replication slot %s (%s)', s.slot_name, case when s.active then 'in use' else 'nobody reads it' end),
    greatest(age(s.xmin), age(s.catalog_xmin)), format('select pg_drop_replication_slot(%L);', s.slot_name)
  from pg_replication_slots as s
  where s.xmin is not null
     or s.catalog_xmin is not null
), said (rank, state, subject, says, size, bytes, rows, dead_rows, vacuumed_at, partitions) as (
  select 1,
    case
      when r.partitioned and not r.has_tomorrow then 'act'
      when r.dead_rows > 10000 and r.dead_rows > r.rows then 'look'
      when r.name in ('live_execution', 'job_state', 'tally_change', 'job_outcome') and r.bytes > 100000000 and r.bytes > r.rows * 8192 then 'look'
      else 'ok'
    end,
    r.name,
    case
      when r.partitioned and not r.has_tomorrow then
        'tomorrow''s partition is missing, so nothing is handed out; select prikke.keep_history(); says why'
      when r.partitioned then
        format('days %s to %s', to_char(to_date(right(r.first_partition, 8), 'YYYYMMDD'), 'YYYY-MM-DD'), to_char(to_date(right(r.last_partition, 8), 'YYYYMMDD'), 'YYYY-MM-DD'))
      when r.dead_rows > 10000 and r.dead_rows > r.rows then
        'more dead rows than living ones: autovacuum does not keep up, or something below holds an old snapshot'
      when r.name in ('live_execution', 'job_state', 'tally_change', 'job_outcome') and r.bytes > 100000000 and r.bytes > r.rows * 8192 then
        format('large for what it holds, left from a backlog or a held snapshot; in a quiet hour: vacuum full %s;', r.relation)
      else ''
    end,
    pg_size_pretty(r.bytes), r.bytes, r.rows, r.dead_rows, r.vacuumed_at, nullif(r.partitions, 0)
  from relation as r
  union all
  select 2,
    case when h.since < statement_timestamp() - interval '10 minutes' then 'act' else 'look' end,
    'held snapshot',
    format('%s since %s, %s ago: no dead row of that time can be removed, and deliveries slow down, up to five times; to end it: %s',
      h.what, to_char(h.since, 'YYYY-MM-DD HH24:MI TZ'), justify_interval(date_trunc('minute', statement_timestamp() - h.since)), h.remedy),
    null, null, null, null, h.since, null
  from holder as h
  union all
  select 2,
    case when s.age > 1000000 then 'act' else 'ok' end,
    'replication slot',
    case when s.age > 1000000
      then format('%s is %s transactions behind: no dead row of that time can be removed; if its reader is gone: %s', s.what, s.age, s.remedy)
      else format('%s is %s transactions behind', s.what, s.age) end,
    null, null, null, null, null, null
  from slot as s
  union all
  select 3,
    case when current_setting('autovacuum')::boolean and extract(epoch from current_setting('autovacuum_naptime')::interval) <= 15 then 'ok' else 'look' end,
    'autovacuum',
    case
      when not current_setting('autovacuum')::boolean then 'autovacuum is off: the tables of Prikke grow without end'
      when extract(epoch from current_setting('autovacuum_naptime')::interval) <= 15 then format('looks every %s', current_setting('autovacuum_naptime'))
      else format('looks every %s, which costs a third of the speed under load; in postgresql.conf: autovacuum_naptime = 5s', current_setting('autovacuum_naptime'))
    end,
    null, null, null, null, null, null
)
select s.state, s.subject, s.says, s.size, s.rows, s.dead_rows, s.vacuumed_at, s.partitions, s.bytes
from said as s
order by case s.state when 'act' then 1 when 'look' then 2 else 3 end, s.rank, s.bytes desc nulls last, s.subject;

comment on view prikke.table_health is
  'Sizes and dead rows of the tables, days of history, and what keeps the database from cleaning up, in words; what needs action comes first. Other logins'' transactions are seen by superusers and members of pg_read_all_stats. Example: select state, subject, says, size, dead_rows from prikke.table_health;';
comment on column prikke.table_health.state is 'ok; look: it may cost speed; act: it will hurt soon.';
comment on column prikke.table_health.says is 'What it means, and what to do.';
comment on column prikke.table_health.rows is 'As the statistics have it, of all partitions together.';
comment on column prikke.table_health.vacuumed_at is 'When it was last vacuumed; of a held snapshot: since when.';
