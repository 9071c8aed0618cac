-- Notifications: where to, what changed, who has been told, and when to be quiet
-- depends: 0013.plans

create table prikke.channel (
  organization_id  uuid        not null,
  id               uuid        not null,
  kind             text        not null,
  name             text        not null,
  target           text        not null,
  target_secret    text        not null,
  enabled          boolean     not null default true,
  rules            jsonb       not null default '{}',
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  constraint channel_pkey primary key (organization_id, id),
  constraint channel_kind_known check (kind in ('email', 'webhook', 'slack', 'discord', 'teams', 'telegram', 'ntfy', 'pagerduty'))
);

comment on table prikke.channel is 'Where an organization is told of changes: addresses of mail and of services.';
comment on column prikke.channel.target is 'The address as every door shows it, without what must stay secret in it.';
comment on column prikke.channel.target_secret is 'The whole address; read by runners when they send, and by nobody else. owners: whoever owns the organization.';
comment on column prikke.channel.rules is 'What differs here from the organization''s rules: events, remind_every, recovery, quiet_hours.';

create table prikke.notification_rule (
  organization_id  uuid        not null,
  rules            jsonb       not null,
  updated_at       timestamptz not null,
  constraint notification_rule_pkey primary key (organization_id)
);

comment on table prikke.notification_rule is 'When an organization wants to be told, where it differs from the defaults.';

create table prikke.mute (
  organization_id  uuid        not null,
  id               uuid        not null,
  kind             text        not null,
  job_id           uuid,
  starts_at        timestamptz not null,
  ends_at          timestamptz not null,
  reason           text,
  created_by       text        not null,
  created_at       timestamptz not null,
  constraint mute_pkey primary key (organization_id, id),
  constraint mute_kind_known check (kind in ('snooze', 'maintenance', 'acknowledge')),
  constraint mute_ends_after_it_starts check (ends_at > starts_at),
  constraint mute_acknowledges_a_job check (kind <> 'acknowledge' or job_id is not null)
);

create index mute_by_end on prikke.mute (ends_at);

comment on table prikke.mute is 'Times in which nothing is told of a job, or of all; and failures that somebody has seen. The jobs run as ever.';
comment on column prikke.mute.job_id is 'Of which job nothing is told; null: of none.';
comment on column prikke.mute.kind is 'snooze and maintenance hold back all; acknowledge ends the reminders of a failure that began before starts_at.';
comment on index prikke.mute_by_end is 'Which may go? purge_notifications.';

create table prikke.job_health (
  organization_id  uuid        not null,
  job_id           uuid        not null,
  recent           bigint      not null,
  failing_since    timestamptz,
  constraint job_health_pkey primary key (organization_id, job_id)
);

comment on table prikke.job_health is 'Jobs that fail or failed a moment ago, so a healthy system has none. Only fold_outcomes writes here.';
comment on column prikke.job_health.recent is 'The last 63 outcomes, the newest lowest; 1 is a failure.';
comment on column prikke.job_health.failing_since is 'Since when it fails by its rules; null: not often enough yet.';

create table prikke.transition (
  organization_id  uuid        not null,
  position         bigint      generated always as identity,
  kind             text        not null,
  job_id           uuid,
  host             text        collate "C",
  execution_id     uuid,
  at               timestamptz not null,
  detail           jsonb       not null default '{}',
  once             text        collate "C",
  routed           boolean     not null default false,
  constraint transition_pkey primary key (organization_id, position)
);

create index transition_unrouted on prikke.transition (position) where not routed;
create unique index transition_once on prikke.transition (organization_id, once) where once is not null;
create index transition_by_age on prikke.transition (at);
create index transition_by_job on prikke.transition (organization_id, job_id, position) where job_id is not null;

comment on table prikke.transition is 'Changes of state that people may want to hear of, appended by whoever sees them; notify tells them.';
comment on column prikke.transition.kind is
  'failing, recovered, missed, late, set_aside, gone, held, usage_80, usage_100, host_down, host_up, hook_loop.';
comment on column prikke.transition.once is 'What is to be said only once: the month of a limit, the day of a loop.';
comment on index prikke.transition_unrouted is 'What has nobody looked at yet? route_transitions.';
comment on index prikke.transition_once is 'Was this said already? note_transition.';
comment on index prikke.transition_by_age is 'Which may go? purge_notifications.';
comment on index prikke.transition_by_job is 'What became of this job? list_transitions.';

create table prikke.notice (
  organization_id      uuid        not null,
  channel_id           uuid        not null,
  position             bigint      generated always as identity,
  transition_position  bigint,
  kind                 text        not null,
  subject              text        collate "C" not null,
  job_id               uuid,
  host                 text        collate "C",
  silent               boolean     not null default false,
  created_at           timestamptz not null,
  look_at              timestamptz not null,
  constraint notice_pkey primary key (organization_id, channel_id, position)
);

create index notice_by_look on prikke.notice (look_at);
create index notice_by_subject on prikke.notice (organization_id, channel_id, subject, position);

comment on table prikke.notice is 'What a channel is still to be told. Rows wait here for others to come along, for quiet hours and mutes to end.';
comment on column prikke.notice.subject is 'What it is about: a job, a host, or a kind.';
comment on column prikke.notice.silent is 'Nobody wants to hear of it, but it ends what was told.';
comment on column prikke.notice.look_at is 'Looked at from then on; later while something holds it back.';
comment on index prikke.notice_by_look is 'What is to be looked at? gather_notices.';
comment on index prikke.notice_by_subject is 'What else is waiting of this? gather_notices.';

create table prikke.told (
  organization_id  uuid        not null,
  channel_id       uuid        not null,
  subject          text        collate "C" not null,
  job_id           uuid,
  host             text        collate "C",
  since            timestamptz not null,
  told_at          timestamptz not null,
  remind_at        timestamptz,
  constraint told_pkey primary key (organization_id, channel_id, subject)
);

create index told_by_reminder on prikke.told (remind_at) where remind_at is not null;

comment on table prikke.told is 'Troubles that a channel knows of and that are not over: what recovery and reminders are about.';
comment on index prikke.told_by_reminder is 'Who is to be reminded? remind.';

create table prikke.notification (
  organization_id  uuid        not null,
  channel_id       uuid        not null,
  execution_id     uuid        not null,
  made_at          timestamptz not null,
  items            integer     not null,
  constraint notification_pkey primary key (organization_id, channel_id, execution_id)
);

create index notification_by_age on prikke.notification (made_at);

comment on table prikke.notification is 'Which executions told a channel what; what became of them is in history.';
comment on column prikke.notification.items is 'How many changes it tells of; 0 is a test.';
comment on index prikke.notification_by_age is 'Which may go? purge_notifications.';

create type prikke.shown_channel as (
  id uuid, kind text, name text, target text, enabled boolean, rules jsonb, created_at timestamptz, updated_at timestamptz,
  last_sent_at timestamptz, last_error text, last_error_at timestamptz
);
create type prikke.shown_mute as (
  id uuid, kind text, job_id uuid, job_name text, starts_at timestamptz, ends_at timestamptz, reason text, created_by text, created_at timestamptz
);
create type prikke.shown_transition as (
  position bigint, kind text, job_id uuid, job_name text, host text, execution_id uuid, at timestamptz, detail jsonb
);

comment on type prikke.shown_transition is 'A change of state as people see it.';
comment on type prikke.shown_channel is 'A channel as people see it: its secret parts masked, with the last success and the last failure.';
comment on type prikke.shown_mute is 'A snooze or maintenance window as people see it.';
