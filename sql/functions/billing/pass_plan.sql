-- Parks those of an organization's candidates for which its plan has no execution left this month, and answers them. Retries
-- were counted at their first attempt. The caller holds the lock under which the organization is counted.
create or replace function prikke.pass_plan(p_organization_id uuid, p_ids uuid[], p_most bigint)
returns uuid[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_room constant bigint := greatest(p_most - prikke.count_usage(p_organization_id), 0);
  v_over uuid[];
begin
  if v_room >= cardinality(p_ids) then
    return '{}';
  end if;
  v_over := array(
    select e.id
    from unnest(p_ids) with ordinality as i (id, number)
    join prikke.live_execution as e on e.organization_id = p_organization_id and e.id = i.id
    where e.attempt = 0
      and e.kind in ('schedule', 'manual', 'send', 'replay')
    order by i.number
    offset v_room);
  if cardinality(v_over) > 0 then
    update prikke.live_execution as e
    set ready = false,
        held_by = 'limit'
    where e.organization_id = p_organization_id
      and e.id = any (v_over);
    insert into prikke.plan_hold as h (organization_id, free_at)
    values (p_organization_id, prikke.month_end(prikke.clock()))
    on conflict (organization_id) do nothing;
    if found then
      perform prikke.note_transition(
        p_organization_id, 'held', null, null, null,
        jsonb_build_object('limit', p_most, 'resets_at', prikke.month_end(prikke.clock())), prikke.usage_mark(100));
    end if;
  end if;
  return v_over;
end
$$;

comment on function prikke.pass_plan is 'Parks what an organization''s plan has no execution left for; answers which.';
