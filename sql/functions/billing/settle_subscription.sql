-- Gives the plan that a subscription pays for, or takes it back when it gave it and no other does. A plan that an operator
-- gave without one stays. The organization is locked first: of two subscriptions that change at once the second to come sees
-- what the first did.
create or replace function prikke.settle_subscription(p_organization_id uuid, p_id text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_gave boolean;
  v_tier text;
begin
  perform
  from prikke.organization as o
  where o.id = p_organization_id
  for update;
  select s.granting
  into strict v_gave
  from prikke.subscription as s
  where s.organization_id = p_organization_id
    and s.id = p_id;
  update prikke.subscription as s
  set granting = s.granted_until_at > v_now
  where s.organization_id = p_organization_id
    and s.id = p_id;
  select case when bool_or(s.granting) then 'pro' when v_gave then 'free' end
  into v_tier
  from prikke.subscription as s
  where s.organization_id = p_organization_id;
  update prikke.organization as o
  set tier = v_tier,
      updated_at = v_now
  where o.id = p_organization_id
    and o.tier <> v_tier;
end
$$;

comment on function prikke.settle_subscription is 'Moves an organization to the plan that its subscription pays for.';
