-- The same in the text format of Prometheus.
create or replace function prikke.metrics_text()
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with line as (
    select m.number, m.name, m.kind, m.help, m.value,
      case when m.kind = 'histogram' then regexp_replace(m.name, '_(bucket|sum|count)$', '') else m.name end as family,
      (select '{' || string_agg(format('%s="%s"', l.key, replace(replace(replace(l.value, '\', '\\'), '"', '\"'), chr(10), '\n')), ',') || '}'
       from jsonb_each_text(m.labels) as l) as labels
    from prikke.metrics() with ordinality as m (name, kind, help, labels, value, number)
  ), family as (
    select min(l.number) as number,
      format(E'# HELP %s %s\n# TYPE %s %s\n', l.family, l.help, l.family, l.kind)
      || string_agg(format(E'%s%s %s\n', l.name, l.labels, l.value), '' order by l.number) as text
    from line as l
    group by l.family, l.help, l.kind
  )
  select string_agg(f.text, '' order by f.number)
  from family as f
$$;

comment on function prikke.metrics_text is
  'metrics in the text format of Prometheus. Example: select prikke.metrics_text();';
