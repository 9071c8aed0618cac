-- Takes back plans whose time is over, where no news of the provider did, and removes old events. Upkeep calls it, so an
-- organization that somebody is changing just now is left for the next time.
create or replace function prikke.settle_subscriptions(p_limit integer)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_over record;
  v_settled bigint := 0;
begin
  for v_over in
    select s.organization_id, s.id
    from prikke.subscription as s
    join prikke.organization as o on o.id = s.organization_id
    where s.granting
      and s.granted_until_at <= v_now
    order by s.granted_until_at
    limit p_limit
    for update skip locked
  loop
    perform prikke.settle_subscription(v_over.organization_id, v_over.id);
    v_settled := v_settled + 1;
  end loop;
  delete from prikke.billing_event as b
  where b.body_hash in (
    select x.body_hash
    from prikke.billing_event as x
    where x.received_at < v_now - interval '400 days'
    limit p_limit
    for update skip locked);
  return v_settled;
end
$$;

comment on function prikke.settle_subscriptions is 'Ends what subscriptions gave once their time is over; answers how many ended.';
