-- Until when a subscription gives the plan pro. A cancelled one was paid for until it ends. Where a payment fails the provider
-- tries again for two weeks, and so long the plan stays. A pause either gives the service away meanwhile (free), or stops it
-- (void), from the end of what was paid for. Another product than the one that is configured gives nothing.
create or replace function prikke.granted_until(p_subscription prikke.subscription)
returns timestamptz
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    case
      when (p_subscription).variant_id <> prikke.setting_value('billing') ->> 'variant_id' then null
      when (p_subscription).status in ('on_trial', 'active', 'past_due')
      then coalesce((p_subscription).payment_failed_at + interval '14 days', 'infinity')
      when (p_subscription).status = 'cancelled' then coalesce((p_subscription).ends_at, (p_subscription).renews_at)
      when (p_subscription).status = 'paused' and (p_subscription).pause_mode = 'free' then 'infinity'
      when (p_subscription).status = 'paused' then (p_subscription).paid_until_at
    end,
    '-infinity')
$$;

comment on function prikke.granted_until is 'Until when a subscription gives the plan pro: infinity while it runs, -infinity for not at all.';
