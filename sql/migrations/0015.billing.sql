-- Subscriptions at the payment provider, and the events that it told us of
-- depends: 0013.plans

create table prikke.subscription (
  organization_id      uuid        not null,
  id                   text        collate "C" not null,
  status               text        not null,
  variant_id           text        not null,
  pause_mode           text,
  renews_at            timestamptz,
  ends_at              timestamptz,
  resumes_at           timestamptz,
  paid_until_at        timestamptz,
  payment_failed_at    timestamptz,
  payment_at           timestamptz,
  granted_until_at     timestamptz not null,
  granting             boolean     not null,
  provider_updated_at  timestamptz not null,
  created_at           timestamptz not null,
  updated_at           timestamptz not null,
  constraint subscription_pkey primary key (organization_id, id),
  constraint subscription_status_known check (status in ('on_trial', 'active', 'paused', 'past_due', 'unpaid', 'cancelled', 'expired')),
  constraint subscription_pause_mode_known check (pause_mode in ('void', 'free')),
  constraint subscription_id_length check (char_length(id) between 1 and 100)
);

create index subscription_by_id on prikke.subscription (id);
create index subscription_by_end on prikke.subscription (granted_until_at) where granting;

comment on table prikke.subscription is 'Subscriptions at the payment provider, as it last told us, and until when each gives the plan pro.';
comment on column prikke.subscription.id is 'The provider''s.';
comment on column prikke.subscription.paid_until_at is 'While paused: up to when it was paid for before.';
comment on column prikke.subscription.payment_failed_at is 'Since when a payment is owed; null while none is.';
comment on column prikke.subscription.payment_at is 'The provider''s time of the last payment that succeeded or failed.';
comment on column prikke.subscription.granted_until_at is 'Until when it gives the plan pro: infinity while it runs, -infinity when it gives nothing.';
comment on column prikke.subscription.granting is 'Whether it gives the plan now. What it gave it takes back; what an operator gave it leaves.';
comment on column prikke.subscription.provider_updated_at is 'The provider''s time of what is written here: older news is not taken over.';
comment on index prikke.subscription_by_id is 'Whose subscription is this? apply_subscription. Not unique, since unique indexes begin with the organization; made one at a time under a lock.';
comment on index prikke.subscription_by_end is 'Whose time is over? settle_subscriptions.';

create table prikke.billing_event (
  body_hash        bytea       not null,
  name             text,
  subject_kind     text,
  subject_id       text,
  organization_id  uuid,
  outcome          text        not null,
  content          jsonb       not null,
  times            integer     not null,
  received_at      timestamptz not null,
  last_received_at timestamptz not null,
  constraint billing_event_pkey primary key (body_hash),
  constraint billing_event_hash_is_sha256 check (octet_length(body_hash) = 32)
);

create index billing_event_by_age on prikke.billing_event (received_at);

comment on table prikke.billing_event is 'Each call of the payment provider, once: also unknown and refused ones. Without names, addresses and links of buyers; kept 400 days.';
comment on column prikke.billing_event.body_hash is 'SHA-256 of the body as it came.';
comment on column prikke.billing_event.outcome is 'What came of it: applied, stale, ignored, invalid, other_store, other_mode, other_organization, no_organization or no_subscription.';
comment on column prikke.billing_event.times is 'How often the same body came.';
comment on index prikke.billing_event_by_age is 'Which may go? settle_subscriptions.';

create type prikke.shown_subscription as (
  id text, status text, renews_at timestamptz, ends_at timestamptz, resumes_at timestamptz, payment_failed_at timestamptz, plan_ends_at timestamptz, pays boolean
);

comment on type prikke.shown_subscription is 'A subscription as members see it: plan_ends_at is when the plan ends if nothing changes, pays whether it gives the plan now.';
