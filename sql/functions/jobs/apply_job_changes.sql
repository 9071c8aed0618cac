-- Takes over what people and answers changed about jobs. A job that is locked just now is left for the next tick.
create or replace function prikke.apply_job_changes(p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_change record;
  v_count integer := 0;
  v_left bigint[] := '{}';
begin
  for v_change in
    select c.organization_id, c.position, c.job_id, c.kind, c.reason
    from prikke.job_change as c
    order by c.position
    limit p_limit
    for update skip locked
  loop
    if (case v_change.kind
      when 'plan' then prikke.plan_job(v_change.organization_id, v_change.job_id)
      when 'disable' then prikke.disable_job(v_change.organization_id, v_change.job_id, v_change.reason)
      when 'cancel_waiting' then prikke.cancel_waiting(v_change.organization_id, v_change.job_id)
    end) then
      delete from prikke.job_change as c
      where c.organization_id = v_change.organization_id
        and c.position = v_change.position;
      v_count := v_count + 1;
    else
      v_left := v_left || v_change.position;
    end if;
  end loop;
  -- What cannot be done yet goes to the end of a full batch, so that it keeps nobody waiting.
  if cardinality(v_left) > 0 and v_count + cardinality(v_left) >= p_limit then
    with moved as (
      delete from prikke.job_change as c
      where c.position = any (v_left)
      returning c.organization_id, c.job_id, c.kind, c.reason, c.created_at
    )
    insert into prikke.job_change (organization_id, job_id, kind, reason, created_at)
    select m.organization_id, m.job_id, m.kind, m.reason, m.created_at
    from moved as m;
  end if;
  return v_count;
end
$$;

comment on function prikke.apply_job_changes is 'Plans changed jobs anew, disables those that are gone, cancels what waits of deleted ones; answers how many.';
