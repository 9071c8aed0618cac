-- Organizations, their signing secrets, logins bound to one organization, and what the installation is set to
-- depends: 0002.targets

create table prikke.setting (
  name        text        primary key,
  value       jsonb       not null,
  updated_at  timestamptz not null default statement_timestamp()
);

comment on table prikke.setting is
  'What SQL needs to know of the configuration, published by install and up: release, limits, plans, retention, allowed targets.';

create table prikke.organization (
  id                  uuid        not null,
  name                text        not null,
  slug                text        not null,
  tier                text        not null default 'free',
  limits              jsonb       not null default '{}',
  retention_days      integer,
  secrets_changed_at  timestamptz not null default statement_timestamp(),
  created_at          timestamptz not null default statement_timestamp(),
  updated_at          timestamptz not null default statement_timestamp(),
  deleted_at          timestamptz,
  constraint organization_pkey primary key (id),
  constraint organization_name_length check (char_length(name) between 1 and 200),
  constraint organization_slug_form check (slug ~ '^[a-z0-9](-?[a-z0-9])+$' and char_length(slug) between 2 and 50),
  constraint organization_tier_known check (tier in ('free', 'pro')),
  constraint organization_retention_sane check (retention_days between 1 and 400)
);

create unique index organization_by_slug on prikke.organization (slug) where deleted_at is null;

comment on table prikke.organization is 'A tenant: whose jobs, deliveries and history these are.';
comment on column prikke.organization.limits is 'Limits of the plan that this organization has otherwise, by name; empty means the plan as it is.';
comment on column prikke.organization.retention_days is 'Days of history kept; null means as the plan says.';
comment on column prikke.organization.secrets_changed_at is 'Raised by each change of a secret, so that runners read their copies again.';
comment on index prikke.organization_by_slug is 'Which organization is this name? use_organization.';

create table prikke.signing_secret (
  organization_id  uuid        not null,
  id               uuid        not null,
  sealed           bytea,
  keyring_id       text,
  created_at       timestamptz not null default statement_timestamp(),
  expires_at       timestamptz,
  constraint signing_secret_pkey primary key (organization_id, id),
  constraint signing_secret_sealed_with_key check ((sealed is null) = (keyring_id is null))
);

comment on table prikke.signing_secret is 'Secrets that sign an organization''s deliveries, sealed by the application.';
comment on column prikke.signing_secret.sealed is 'AES-GCM by the keyring; null is the wish for a new one, which a runner or web process grants before the next delivery.';
comment on column prikke.signing_secret.expires_at is 'An older secret signs beside the new one until then; null: the current one.';

create table prikke.binding (
  role_name        name        not null,
  organization_id  uuid        not null,
  access           text        not null,
  created_at       timestamptz not null default statement_timestamp(),
  constraint binding_pkey primary key (role_name),
  constraint binding_access_known check (access in ('read', 'write'))
);

comment on table prikke.binding is 'Database logins that see one organization only; a binding always wins over a setting.';
