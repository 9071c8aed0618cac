-- Named secrets of organizations, which header values and bodies name as {{secret.NAME}}
-- depends: 0011.people

create table prikke.secret (
  organization_id  uuid        not null,
  name             text        collate "C" not null,
  sealed           bytea       not null,
  keyring_id       text        not null,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  constraint secret_pkey primary key (organization_id, name),
  constraint secret_name_form check (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,99}$')
);

comment on table prikke.secret is 'Named secrets of organizations, sealed by the application; runners fill them in when they send.';
comment on column prikke.secret.sealed is 'AES-GCM by the keyring; the value leaves the database as this only.';

create type prikke.shown_secret as (name text, created_at timestamptz, updated_at timestamptz);

comment on type prikke.shown_secret is 'A named secret as people see it: never its value.';
