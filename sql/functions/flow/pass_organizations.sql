-- Of locked candidates, those that cap and plan of their organization let through; the others are parked, or left where another
-- runner is counting. Counted in a later statement than the lock, so that what others have just started is seen.
create or replace function prikke.pass_organizations(p_organizations uuid[], p_ids uuid[], p_jobs uuid[])
returns table (organization_id uuid, id uuid, job_id uuid)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization record;
  v_room bigint;
  v_over uuid[];
  v_dropped uuid[] := '{}';
begin
  for v_organization in
    select k.organization_id, k.cap, k.most, k.ids
    from (
      select o.id as organization_id, (o.limits ->> 'max_running')::bigint as cap, prikke.plan_limit(o.id, 'executions') as most, c.ids
      from (
        select u.organization_id, array_agg(u.id order by u.number) as ids
        from unnest(p_organizations, p_ids) with ordinality as u (organization_id, id, number)
        group by 1
      ) as c
      join prikke.organization as o on o.id = c.organization_id
    ) as k
    where coalesce(k.cap, k.most) is not null
  loop
    if not prikke.try_key(v_organization.organization_id, 'organization', '') then
      v_dropped := v_dropped || v_organization.ids;
      continue;
    end if;
    if v_organization.most is not null then
      v_over := prikke.pass_plan(v_organization.organization_id, v_organization.ids, v_organization.most);
      v_dropped := v_dropped || v_over;
      v_organization.ids := array(
        select i.id
        from unnest(v_organization.ids) with ordinality as i (id, number)
        where i.id <> all (v_over)
        order by i.number);
    end if;
    if v_organization.cap is null then
      continue;
    end if;
    select greatest(v_organization.cap - count(*), 0)
    into v_room
    from prikke.live_execution as e
    where e.organization_id = v_organization.organization_id
      and e.status = 'running';
    if v_room < cardinality(v_organization.ids) then
      update prikke.live_execution as e
      set ready = false,
          held_by = 'organization'
      where e.organization_id = v_organization.organization_id
        and e.id = any (v_organization.ids[v_room + 1:]);
      v_dropped := v_dropped || v_organization.ids[v_room + 1:];
    end if;
  end loop;
  return query
    select c.organization_id, c.id, c.job_id
    from unnest(p_organizations, p_ids, p_jobs) as c (organization_id, id, job_id)
    where c.id <> all (v_dropped);
end
$$;

comment on function prikke.pass_organizations is 'Of claimed candidates, those within cap and plan of their organization; the others are parked or left.';
