-- How many days from tomorrow on have their partitions; 0: nothing is handed out.
create or replace function prikke.partitions_ahead()
returns integer
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(min(d.day) filter (where d.missing), 8) - 1
  from (
    select n.day,
      to_regclass('prikke.past_execution_' || n.name) is null or to_regclass('prikke.past_attempt_' || n.name) is null as missing
    from (
      select g.day, to_char(prikke.clock() at time zone 'UTC' + make_interval(days => g.day), 'YYYYMMDD') as name
      from generate_series(1, 7) as g (day)
    ) as n
  ) as d
$$;

comment on function prikke.partitions_ahead is 'Days from tomorrow on that history has partitions for, at most seven.';
