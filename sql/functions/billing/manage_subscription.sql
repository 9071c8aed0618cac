-- Lets an owner on to the payment provider: for which organization a checkout is made, and which subscription it has, and
-- whether that pays already.
create or replace function prikke.manage_subscription()
returns table (organization_id uuid, subscription_id text, pays boolean)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform prikke.require_role('owner');
  return query
    select prikke.current_organization(), s.id, coalesce(s.pays, false)
    from (select (prikke.get_subscription()).*) as s;
end
$$;

comment on function prikke.manage_subscription is
  'The organization and its subscription, for who may buy or change one: owners. Example: select subscription_id from prikke.manage_subscription();';
