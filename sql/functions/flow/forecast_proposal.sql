-- Schedules whose jobs all fall due in the same minutes, and the same schedule with H, which gives each job a minute of its own
-- by the hash of its seed. A proposal only: some of them may need their minute.
create or replace function prikke.forecast_proposal()
returns table (
  cron text,
  timezone text,
  queue text,
  jobs bigint,
  proposed text,
  together bigint,
  together_after bigint
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with schedule as (
    select regexp_replace(btrim(d.cron), '\s+', ' ', 'g') as cron, d.timezone, d.queue, count(*) as jobs
    from prikke.job_definition as d
    where d.organization_id = prikke.current_organization()
      and d.enabled
      and d.deleted_at is null
      and d.cron is not null
    group by 1, 2, 3
    having count(*) > 1
  ), minute as (
    select s.*, split_part(s.cron, ' ', 1) as field,
      case
        when split_part(s.cron, ' ', 1) ~ '^[0-9]{1,2}$' then 60
        when split_part(s.cron, ' ', 1) ~ '^(\*|0-59)/[0-9]{1,2}$' then split_part(split_part(s.cron, ' ', 1), '/', 2)::integer
      end as slots
    from schedule as s
    where s.cron ~ '^\S+ \S+ \S+ \S+ \S+$'
  )
  select m.cron, m.timezone, m.queue, m.jobs,
    case m.slots when 60 then 'H' else 'H/' || m.slots end || substr(m.cron, char_length(m.field) + 1), m.jobs, ceil(m.jobs::numeric / m.slots)::bigint
  from minute as m
  where m.slots between 2 and 60
  order by m.jobs - ceil(m.jobs::numeric / m.slots) desc, m.cron, m.timezone, m.queue
  limit 100
$$;

comment on function prikke.forecast_proposal is
  'Cron schedules that many jobs share, with the same schedule spread by H: how many run in one minute now, and how many then on average. Example: select cron, jobs, proposed, together, together_after from prikke.forecast_proposal();';
