-- Who changed what: an entry for each change of a job, setting or right
-- depends: 0007.flow

create table prikke.audit_entry (
  organization_id  uuid        not null,
  position         bigint      generated always as identity,
  id               uuid        not null,
  at               timestamptz not null,
  actor            text        not null,
  actor_kind       text        not null,
  action           text        not null,
  subject_kind     text        not null,
  subject_id       text        collate "C" not null,
  version          integer,
  before           jsonb,
  after            jsonb,
  source           text        not null,
  constraint audit_entry_pkey primary key (organization_id, position),
  constraint audit_entry_says_something check (before is not null or after is not null)
);

create unique index audit_entry_by_id on prikke.audit_entry (organization_id, id);
create index audit_entry_by_subject on prikke.audit_entry (organization_id, subject_kind, subject_id, position);
create index audit_entry_by_age on prikke.audit_entry using brin (at);

comment on table prikke.audit_entry is 'Each change of what people declare: who, from where, what, before and after, without secrets. Written by triggers in the same transaction, never changed, kept 400 days.';
comment on column prikke.audit_entry.actor is 'user:…, key:…, role:… (a database role), or prikke.';
comment on column prikke.audit_entry.action is 'create, update, delete, restore, pause or resume.';
comment on column prikke.audit_entry.version is 'Version of a job after the change.';
comment on column prikke.audit_entry.before is 'The changed fields as they were; all of them when something was deleted, null when it was made.';
comment on column prikke.audit_entry.after is 'The changed fields as they became; all of them when something was made, null when it was deleted.';
comment on column prikke.audit_entry.source is 'From where: the door and the address, as far as known.';
comment on index prikke.audit_entry_by_id is 'What was this change? revert, list_audit.';
comment on index prikke.audit_entry_by_subject is 'What happened to this? list_audit, list_versions, revert.';
comment on index prikke.audit_entry_by_age is 'Which may go? keep_history.';
