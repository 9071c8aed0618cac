-- The subscriptions that we know and that are not over, of all organizations: each should be in the provider's list.
create or replace function prikke.list_subscription_ids()
returns setof text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.id
  from prikke.subscription as s
  where s.status <> 'expired'
  order by s.id
$$;

comment on function prikke.list_subscription_ids is 'The provider''s ids of all subscriptions that are not over.';
