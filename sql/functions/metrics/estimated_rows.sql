-- Entries of an index as of its last vacuum or analyze: what stands in for a count that would take too long.
create or replace function prikke.estimated_rows(p_index text)
returns double precision
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((
    select greatest(c.reltuples, 0)::double precision
    from pg_class as c
    where c.oid = to_regclass('prikke.' || p_index)), 0)
$$;

comment on function prikke.estimated_rows is 'About how many entries an index of ours has.';
