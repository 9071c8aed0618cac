-- Takes over a subscription from the provider's list, as an operator's command does. The list says nothing of whose it is: it
-- is the organization we know it by, or for one that we never heard of the one that the operator names.
create or replace function prikke.reconcile_subscription(p_subscription jsonb, p_slug text default null)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id uuid;
  v_before prikke.subscription;
  v_after prikke.subscription;
  v_outcome text;
begin
  if p_slug is not null then
    select o.id
    into v_organization_id
    from prikke.organization as o
    where o.slug = p_slug
      and o.deleted_at is null;
    if not found then
      raise exception 'there is no organization "%"', p_slug using errcode = 'PK404';
    end if;
  end if;
  select s.*
  into v_before
  from prikke.subscription as s
  where s.id = p_subscription ->> 'id';
  begin
    v_outcome := prikke.apply_subscription(p_subscription, v_organization_id);
  exception when data_exception or integrity_constraint_violation then
    return 'invalid';
  end;
  select s.*
  into v_after
  from prikke.subscription as s
  where s.id = p_subscription ->> 'id';
  v_after.updated_at := v_before.updated_at;
  return case when v_outcome = 'applied' and v_after is not distinct from v_before then 'unchanged' else v_outcome end;
end
$$;

comment on function prikke.reconcile_subscription is
  'Takes over a subscription from the provider''s list; answers as apply_subscription, or unchanged, or invalid.';
