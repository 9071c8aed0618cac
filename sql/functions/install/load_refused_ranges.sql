create or replace function prikke.load_refused_ranges(p_ranges jsonb)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  with wanted as (
    select r.network, r.reason
    from jsonb_to_recordset(p_ranges) as r (network cidr, reason text)
  ),
  gone as (
    delete from prikke.refused_range as r
    where not exists (select from wanted as w where w.network = r.network)
  )
  insert into prikke.refused_range as r (network, reason)
  select w.network, w.reason
  from wanted as w
  on conflict (network) do update
  set reason = excluded.reason
  where r.reason <> excluded.reason
$$;

comment on function prikke.load_refused_ranges is
  'Make the table of addresses that are never called equal to sql/refused_range.tsv.';
