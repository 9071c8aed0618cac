-- Takes over that a subscription's payment failed, or succeeded. Its plan stays for a time after the first failure. News that
-- are older than the last payment, or than what the subscription itself says of it, change nothing.
create or replace function prikke.apply_payment(p_invoice jsonb, p_paid boolean)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  v_fields constant jsonb := p_invoice -> 'attributes';
  v_id constant text := v_fields ->> 'subscription_id';
  v_at constant timestamptz := prikke.read_instant(v_fields ->> 'updated_at');
  v_subscription prikke.subscription;
begin
  if prikke.billing_mismatch(v_fields) is not null then
    return prikke.billing_mismatch(v_fields);
  end if;
  perform pg_advisory_xact_lock(hashtextextended('prikke subscription ' || v_id, 0));
  select s.*
  into v_subscription
  from prikke.subscription as s
  where s.id = v_id;
  if not found then
    return 'no_subscription';
  end if;
  if v_at is null then
    return 'invalid';
  end if;
  if v_at < v_subscription.payment_at
     or v_at < v_subscription.provider_updated_at and p_paid = (v_subscription.status in ('past_due', 'unpaid'))
  then
    return 'stale';
  end if;
  v_subscription.payment_at := v_at;
  v_subscription.payment_failed_at := case when not p_paid then coalesce(v_subscription.payment_failed_at, v_at) end;
  update prikke.subscription as s
  set payment_at = v_subscription.payment_at,
      payment_failed_at = v_subscription.payment_failed_at,
      granted_until_at = prikke.granted_until(v_subscription),
      updated_at = prikke.clock()
  where s.organization_id = v_subscription.organization_id
    and s.id = v_id;
  perform prikke.settle_subscription(v_subscription.organization_id, v_id);
  return 'applied';
end
$$;

comment on function prikke.apply_payment is
  'Takes over that a payment of a subscription failed or succeeded; answers applied, stale, or why not: other_store, other_mode, no_subscription.';
