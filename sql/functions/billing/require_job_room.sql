-- Refuses jobs beyond the plan. Two that make the last one at once are counted one after the other; where no limit applies
-- nothing is locked.
create or replace function prikke.require_job_room(p_organization_id uuid, p_count bigint default 1)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_limit constant bigint := prikke.plan_limit(p_organization_id, 'jobs');
  v_count bigint;
begin
  if v_limit is null or p_count = 0 then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('prikke jobs of ' || p_organization_id, 0));
  select count(*)
  into v_count
  from prikke.job_definition as d
  where d.organization_id = p_organization_id
    and d.deleted_at is null;
  if v_count + p_count > v_limit then
    raise exception 'the plan has room for % jobs, and there are %', v_limit, v_count
      using errcode = 'PK402', constraint = 'job_limit', hint = 'Delete jobs, or change the plan.';
  end if;
end
$$;

comment on function prikke.require_job_room is 'PK402 where an organization''s plan has no room for so many more jobs.';
