-- What is wrong with the form of declared jobs: fields that do not exist, values of another type, keys missing or twice.
-- One pass over all of them. Fields whose value has the wrong type are left out of `clean`, so that the rest can be judged.
create or replace function prikke.declaration_problems(p_jobs jsonb)
returns table (number bigint, clean jsonb, problems jsonb)
language sql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
  with known (name, type, article) as materialized (
    values
      ('key', 'text', 'text'), ('name', 'text', 'text'), ('url', 'text', 'text'), ('method', 'text', 'text'),
      ('headers', 'object', 'an object of names and values'), ('body', 'text', 'text'), ('content_type', 'text', 'text'),
      ('cron', 'text', 'text'), ('every', 'interval', 'a length of time such as "15 minutes"'),
      ('scheduled_at', 'instant', 'an instant such as "2030-01-31T08:00:00Z"'), ('timezone', 'text', 'text'),
      ('queue', 'text', 'text'), ('priority', 'integer', 'a whole number'), ('ordering_key', 'text', 'text'),
      ('enabled', 'boolean', 'true or false'), ('timeout_ms', 'integer', 'a whole number'), ('max_attempts', 'integer', 'a whole number'),
      ('backoff', 'interval', 'a length of time such as "30 s"'), ('catch_up', 'text', 'text'),
      ('catch_up_window', 'interval', 'a length of time such as "1 hour"'), ('overlap', 'text', 'text'), ('completion', 'text', 'text'),
      ('expected_status', 'text', 'text'), ('expected_body', 'text', 'text'), ('on_success_url', 'text', 'text'),
      ('on_failure_url', 'text', 'text'), ('on_recovery_url', 'text', 'text'), ('notify', 'object', 'an object')
  ), item as materialized (
    select i.number, case when jsonb_typeof(i.item) = 'object' then i.item end as item,
      case when jsonb_typeof(i.item -> 'key') = 'string' then i.item ->> 'key' end as key
    from jsonb_array_elements(p_jobs) with ordinality as i (item, number)
  ), wrong as (
    select i.number, f.key as field,
      case
        when k.name is null then prikke.problem(f.key, 'unknown_field', 'is no field that can be set',
          'Did you mean ' || prikke.nearest_name(f.key, (select array_agg(n.name) from known as n)) || '?')
        else prikke.problem(f.key, 'wrong_type', 'must be ' || k.article)
      end as problem
    from item as i
    cross join jsonb_each(i.item) as f
    left join known as k on k.name = f.key
    where k.name is null
       or (f.value <> 'null' and not case k.type
         when 'text' then jsonb_typeof(f.value) = 'string'
         when 'object' then jsonb_typeof(f.value) = 'object'
         when 'boolean' then jsonb_typeof(f.value) = 'boolean'
         when 'integer' then jsonb_typeof(f.value) = 'number' and f.value::text ~ '^-?\d{1,9}$'
         when 'interval' then jsonb_typeof(f.value) = 'string' and prikke.read_interval(f.value #>> '{}') is not null
         else jsonb_typeof(f.value) = 'string' and prikke.read_instant(f.value #>> '{}') is not null
       end)
    union all
    select i.number, 'key', prikke.problem('key', 'required', 'is missing', 'A sync knows a job by its key, for example "billing.nightly".')
    from item as i
    where i.item is not null
      and coalesce(i.item -> 'key', 'null') = 'null'
    union all
    select i.number, 'key', prikke.problem('key', 'repeated', format('"%s" is there more than once', i.key), 'Each key names one job.')
    from (select i.*, row_number() over (partition by i.key order by i.number) as turn from item as i where i.key is not null) as i
    where i.turn > 1
  )
  select i.number, coalesce(i.item, '{}') - coalesce(w.fields, '{}'),
    case
      when i.item is null then jsonb_build_array(prikke.problem('', 'wrong_type', 'must be an object', '{"key": "nightly", "url": "https://…", "cron": "0 3 * * *"}'))
      else coalesce(w.problems, '[]')
    end
  from item as i
  left join (
    select w.number, array_agg(w.field) as fields, jsonb_agg(w.problem order by w.field) as problems
    from wrong as w
    group by w.number
  ) as w on w.number = i.number
$$;

comment on function prikke.declaration_problems is 'The form of each declared job: what is wrong with it, and its fields that can be read.';
