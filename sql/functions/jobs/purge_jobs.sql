-- Removes jobs deleted more than seven days ago for good, with their state; their history and the versions it reads go by
-- retention.
create or replace function prikke.purge_jobs(p_limit integer)
returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with old as (
    select d.organization_id, d.id
    from prikke.job_definition as d
    where d.deleted_at < prikke.clock() - interval '7 days'
      and not exists (
        select
        from prikke.live_execution as e
        where e.organization_id = d.organization_id
          and e.job_id = d.id)
    limit p_limit
    for update skip locked
  ), version as (
    update prikke.job_version as v
    set superseded_at = prikke.clock()
    from old
    where v.organization_id = old.organization_id
      and v.job_id = old.id
      and v.superseded_at is null
  ), state as (
    delete from prikke.job_state as s
    using old
    where s.organization_id = old.organization_id
      and s.job_id = old.id
  ), removed as (
    delete from prikke.job_definition as d
    using old
    where d.organization_id = old.organization_id
      and d.id = old.id
    returning d.id
  )
  select count(*)
  from removed
$$;

comment on function prikke.purge_jobs is 'Removes jobs deleted a week ago; answers how many.';
