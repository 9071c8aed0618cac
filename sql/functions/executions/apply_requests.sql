-- Carries out what people asked of live executions. What is locked just now stays asked for.
create or replace function prikke.apply_requests(p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organizations uuid[];
  v_ids uuid[];
  v_reasons text[];
  v_positions bigint[];
begin
  if not exists (select from prikke.execution_request) then
    return 0;
  end if;

  select array_agg(w.organization_id), array_agg(w.id), array_agg(w.reason)
  into v_organizations, v_ids, v_reasons
  from (
    select e.organization_id, e.id, r.reason
    from (
      select r.organization_id, r.execution_id, coalesce(r.reason, 'cancelled') as reason
      from prikke.execution_request as r
      where r.action = 'cancel'
      order by r.position
      limit p_limit
      for update skip locked
    ) as r
    join prikke.live_execution as e on e.organization_id = r.organization_id and e.id = r.execution_id
    for update of e skip locked
  ) as w;
  if v_ids is not null then
    perform prikke.finish_executions(array_agg(f.organization_id), array_agg(f.id), 'cancelled', f.reason)
    from unnest(v_organizations, v_ids, v_reasons) as f (organization_id, id, reason)
    group by f.reason;
  end if;

  select array_agg(r.position)
  into v_positions
  from (
    select q.position
    from prikke.execution_request as q
    where not exists (
      select
      from prikke.live_execution as e
      where e.organization_id = q.organization_id
        and e.id = q.execution_id)
    order by q.position
    limit p_limit
    for update skip locked
  ) as r;
  delete from prikke.execution_request as q
  where q.position = any (v_positions);
  return coalesce(cardinality(v_ids), 0);
end
$$;

comment on function prikke.apply_requests is 'Cancels executions as asked; answers how many.';
