-- Keys of programs, answers kept for repeated requests, and how fast each asker may ask
-- depends: 0007.flow

create table prikke.api_key (
  organization_id  uuid        not null,
  id               uuid        not null,
  public_id        text        collate "C" not null,
  secret_hash      bytea       not null,
  name             text        not null,
  scopes           text[]      not null,
  created_by       text        not null,
  created_at       timestamptz not null,
  expires_at       timestamptz,
  last_used_at     timestamptz,
  revoked_at       timestamptz,
  constraint api_key_pkey primary key (organization_id, id),
  constraint api_key_name_length check (char_length(name) between 1 and 200),
  constraint api_key_hash_is_sha256 check (octet_length(secret_hash) = 32),
  constraint api_key_scopes_known check (scopes <@ '{read,write,trigger,admin}'::text[] and cardinality(scopes) > 0)
);

create unique index api_key_by_name_in_public on prikke.api_key (organization_id, public_id);
create index api_key_by_public_id on prikke.api_key (public_id);

comment on table prikke.api_key is 'Keys by which programs act for an organization. Of the secret only a hash is kept.';
comment on column prikke.api_key.public_id is 'The public half of a key, pk_live_…, by which it is found and named.';
comment on column prikke.api_key.secret_hash is 'SHA-256 of the secret half, sk_live_…, which has 32 random bytes.';
comment on column prikke.api_key.scopes is 'What it may: read, write (which includes both others), trigger, admin.';
comment on column prikke.api_key.last_used_at is 'Written at most every five minutes.';
comment on index prikke.api_key_by_name_in_public is 'No two keys of an organization are called alike. create_key.';
comment on index prikke.api_key_by_public_id is 'Whose key is this? authenticate_key. Not unique, since a key is unique by 128 random bits and unique indexes begin with the organization.';

create table prikke.idempotency_key (
  organization_id  uuid        not null,
  key              text        collate "C" not null,
  fingerprint      bytea       not null,
  status           smallint,
  answer           text,
  created_at       timestamptz not null,
  constraint idempotency_key_pkey primary key (organization_id, key),
  constraint idempotency_key_answer_whole check ((status is null) = (answer is null))
);

create index idempotency_key_by_age on prikke.idempotency_key using brin (created_at);

comment on table prikke.idempotency_key is 'Answers of the last 24 hours to requests with an Idempotency-Key, so that a repeat gets the same one.';
comment on column prikke.idempotency_key.fingerprint is 'SHA-256 of method, path and body.';
comment on column prikke.idempotency_key.answer is 'The body of the answer, never with a secret. Written in the transaction that did the work.';
comment on index prikke.idempotency_key_by_age is 'Which may go? purge_requests.';

create unlogged table prikke.request_rate (
  subject  text        collate "C" primary key,
  tat      timestamptz not null
) with (fillfactor = 50);

comment on table prikke.request_rate is 'How fast each key, and each address without one, asks; shared by all web processes, forgotten at a crash.';
comment on column prikke.request_rate.subject is 'key:<id> or ip:<address>.';
comment on column prikke.request_rate.tat is 'Theoretical arrival time of the generic cell rate algorithm (ITU-T I.371).';
