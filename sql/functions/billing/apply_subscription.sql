-- Takes over a subscription as the provider describes it, from an event or from its list, and moves the plan. Never backwards:
-- what is older than what we know changes nothing. As old is taken over, since the provider counts in seconds. The organization
-- is the one it was made for, which the caller has proof of; a known subscription never changes hands.
create or replace function prikke.apply_subscription(p_subscription jsonb, p_organization_id uuid default null)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_fields constant jsonb := p_subscription -> 'attributes';
  v_known prikke.subscription;
  v_new prikke.subscription;
begin
  if prikke.billing_mismatch(v_fields) is not null then
    return prikke.billing_mismatch(v_fields);
  end if;
  v_new.id := p_subscription ->> 'id';
  perform pg_advisory_xact_lock(hashtextextended('prikke subscription ' || v_new.id, 0));
  select s.*
  into v_known
  from prikke.subscription as s
  where s.id = v_new.id;
  if v_known.organization_id <> p_organization_id then
    return 'other_organization';
  end if;
  v_new.organization_id := coalesce(v_known.organization_id, p_organization_id);
  if not exists (
    select
    from prikke.organization as o
    where o.id = v_new.organization_id
      and o.deleted_at is null)
  then
    return 'no_organization';
  end if;
  v_new.status := v_fields ->> 'status';
  v_new.variant_id := v_fields ->> 'variant_id';
  v_new.pause_mode := v_fields #>> '{pause,mode}';
  v_new.renews_at := v_fields ->> 'renews_at';
  v_new.ends_at := v_fields ->> 'ends_at';
  v_new.resumes_at := v_fields #>> '{pause,resumes_at}';
  v_new.provider_updated_at := prikke.read_instant(v_fields ->> 'updated_at');
  if v_new.provider_updated_at < v_known.provider_updated_at then
    return 'stale';
  end if;
  v_new.payment_at := v_known.payment_at;
  if v_new.status = 'paused' then
    v_new.paid_until_at := coalesce(v_known.paid_until_at, v_known.renews_at, v_new.renews_at);
  end if;
  if v_new.provider_updated_at < v_known.payment_at then
    v_new.payment_failed_at := v_known.payment_failed_at;
  elsif v_new.status in ('past_due', 'unpaid') then
    v_new.payment_failed_at := coalesce(v_known.payment_failed_at, v_new.provider_updated_at);
  end if;
  v_new.granted_until_at := prikke.granted_until(v_new);
  v_new.granting := coalesce(v_known.granting, false);
  v_new.created_at := coalesce(v_known.created_at, v_now);
  v_new.updated_at := v_now;
  insert into prikke.subscription as s
  select v_new.*
  on conflict (organization_id, id) do update
  set (status, variant_id, pause_mode, renews_at, ends_at, resumes_at, paid_until_at, payment_failed_at, granted_until_at, provider_updated_at, updated_at)
    = (excluded.status, excluded.variant_id, excluded.pause_mode, excluded.renews_at, excluded.ends_at, excluded.resumes_at, excluded.paid_until_at,
       excluded.payment_failed_at, excluded.granted_until_at, excluded.provider_updated_at, excluded.updated_at);
  perform prikke.settle_subscription(v_new.organization_id, v_new.id);
  return 'applied';
end
$$;

comment on function prikke.apply_subscription is
  'Takes over a subscription as the provider describes it; answers applied, stale, or why not: other_store, other_mode, other_organization, no_organization.';
