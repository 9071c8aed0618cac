-- Jobs: what people declare, its versions, and what the engine learns
-- depends: 0003.organizations

create table prikke.job_definition (
  organization_id   uuid               not null,
  id                uuid               not null,
  key               text               collate "C",
  name              text               not null,
  url               text               not null,
  method            text               not null,
  headers           jsonb              not null default '{}',
  body              text,
  content_type      text,
  schedule_type     text               not null,
  cron              text,
  every             interval,
  scheduled_at      timestamptz,
  timezone          text               not null default 'UTC',
  masks             prikke.cron_masks,
  seed              text               not null,
  anchored_at       timestamptz        not null,
  queue             text               collate "C" not null default 'default',
  priority          smallint           not null default 0,
  ordering_key      text               collate "C",
  enabled           boolean            not null default true,
  paused_by         text,
  pause_reason      text,
  paused_at         timestamptz,
  host              text               collate "C",
  timeout_ms        integer            not null default 30000,
  max_attempts      integer            not null,
  backoff           interval           not null default '30 seconds',
  catch_up          text               not null default 'latest',
  catch_up_window   interval,
  overlap           text               not null,
  completion        text               not null default 'response',
  expected_status   text,
  expected_body     text,
  on_success_url    text,
  on_failure_url    text,
  on_recovery_url   text,
  notify            jsonb,
  interval_minutes  integer,
  version           integer            not null default 1,
  plan_version      integer            not null default 1,
  planned_at        timestamptz        not null,
  planned_next_at   timestamptz,
  created_at        timestamptz        not null,
  updated_at        timestamptz        not null,
  deleted_at        timestamptz,
  constraint job_definition_pkey primary key (organization_id, id),
  constraint job_definition_schedule_known check (schedule_type in ('cron', 'every', 'once', 'manual')),
  constraint job_definition_schedule_whole check (
    case schedule_type
      when 'cron' then cron is not null and masks is not null and every is null and scheduled_at is null
      when 'every' then every >= interval '1 second' and cron is null
      when 'once' then scheduled_at is not null and cron is null and every is null
      else cron is null and every is null and scheduled_at is null
    end),
  constraint job_definition_method_known check (method in ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')),
  constraint job_definition_catch_up_known check (catch_up in ('latest', 'all', 'none')),
  constraint job_definition_overlap_known check (overlap in ('skip', 'queue_one', 'allow')),
  constraint job_definition_completion_known check (completion in ('response', 'callback')),
  constraint job_definition_priority_range check (priority between -100 and 100),
  constraint job_definition_paused_when_disabled check (not enabled or (paused_by is null and paused_at is null))
);

create unique index job_definition_by_key on prikke.job_definition (organization_id, key) where key is not null and deleted_at is null;
create index job_definition_by_name on prikke.job_definition (organization_id, name collate "C", id) where deleted_at is null;
create index job_definition_by_creation on prikke.job_definition (organization_id, created_at, id) where deleted_at is null;
create index job_definition_by_timezone on prikke.job_definition (timezone, id) where deleted_at is null and schedule_type = 'cron';
create index job_definition_deleted on prikke.job_definition (deleted_at) where deleted_at is not null;

comment on table prikke.job_definition is 'A job as people declare it. Written by people''s functions only; the engine writes job_state.';
comment on column prikke.job_definition.masks is 'The cron text parsed into bit masks, kept by a trigger.';
comment on column prikke.job_definition.host is 'Host and port of the URL, kept by a trigger.';
comment on column prikke.job_definition.seed is 'What H hashes: the key at creation, else the id. Never changes.';
comment on column prikke.job_definition.anchored_at is 'Where the steps of `every` count from: scheduled_at if given, else creation.';
comment on column prikke.job_definition.plan_version is 'Rises when the schedule or enabled changes; the engine plans anew where job_state has an older one.';
comment on column prikke.job_definition.planned_at is 'The instant from which the present plan counts.';
comment on column prikke.job_definition.planned_next_at is 'First run of the present plan, shown until the engine has taken the plan over.';
comment on index prikke.job_definition_by_key is 'Which job has this key? create_job, sync_jobs.';
comment on index prikke.job_definition_by_name is 'Jobs by name. list_jobs.';
comment on index prikke.job_definition_by_creation is 'Jobs by age. list_jobs.';
comment on index prikke.job_definition_by_timezone is 'Which zones are in use, and by which jobs? check_time_zones.';
comment on index prikke.job_definition_deleted is 'What may be purged? keep_history.';

create table prikke.job_version (
  organization_id  uuid        not null,
  job_id           uuid        not null,
  version          integer     not null,
  url              text        not null,
  method           text        not null,
  headers          jsonb       not null,
  body             text,
  content_type     text,
  timeout_ms       integer     not null,
  max_attempts     integer     not null,
  backoff          interval    not null,
  completion       text        not null,
  expected_status  text,
  expected_body    text,
  settings         jsonb       not null,
  created_at       timestamptz not null,
  superseded_at    timestamptz,
  constraint job_version_pkey primary key (organization_id, job_id, version)
);

create index job_version_superseded on prikke.job_version (superseded_at) where superseded_at is not null;

comment on table prikke.job_version is 'What a job was at each of its versions; history and replays read what was sent from here.';
comment on column prikke.job_version.settings is 'All that is not part of the request: schedule, queue, policies, as JSON by field name.';
comment on index prikke.job_version_superseded is 'Which versions may go? keep_history.';

create table prikke.job_state (
  organization_id       uuid        not null,
  job_id                uuid        not null,
  plan_version          integer     not null,
  next_run_at           timestamptz,
  last_due_at           timestamptz,
  series_status         text,
  series_reason         text,
  series_first_at       timestamptz,
  series_last_at        timestamptz,
  series_count          bigint,
  last_run_at           timestamptz,
  last_status           text,
  last_success_at       timestamptz,
  last_execution_id     uuid,
  consecutive_failures  integer     not null default 0,
  set_aside_at          timestamptz,
  set_aside_error       text,
  constraint job_state_pkey primary key (organization_id, job_id),
  constraint job_state_series_whole check (num_nulls(series_status, series_first_at, series_last_at, series_count) in (0, 4)),
  constraint job_state_series_known check (series_status in ('missed', 'skipped')),
  constraint job_state_set_aside_plans_nothing check (set_aside_at is null or next_run_at is null)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

create index job_state_due on prikke.job_state (next_run_at) where next_run_at is not null;
create index job_state_failing on prikke.job_state (organization_id, consecutive_failures) where consecutive_failures > 0;
create index job_state_set_aside on prikke.job_state (organization_id, set_aside_at) where set_aside_at is not null;

comment on table prikke.job_state is 'What the engine learns of a job: what is planned, what was last due, how it went. Only the engine changes it.';
comment on column prikke.job_state.next_run_at is 'The next due time; null: nothing planned (disabled, deleted, on demand, done, set aside).';
comment on column prikke.job_state.last_due_at is 'The last due time decided on. Only rises, so that no due time is decided twice.';
comment on column prikke.job_state.series_status is 'The open run of due times that were not sent; becomes one row of history when it ends.';
comment on column prikke.job_state.set_aside_error is 'Why this job cannot be scheduled; cleared by the next change of its schedule.';
comment on index prikke.job_state_due is 'What is due? enqueue_due.';
comment on index prikke.job_state_failing is 'Which jobs fail? failing_job.';
comment on index prikke.job_state_set_aside is 'Which jobs are broken? failing_job.';

create table prikke.job_change (
  position         bigint      generated always as identity,
  organization_id  uuid        not null,
  job_id           uuid        not null,
  kind             text        not null,
  reason           text,
  created_at       timestamptz not null default statement_timestamp(),
  constraint job_change_pkey primary key (organization_id, position),
  constraint job_change_kind_known check (kind in ('plan', 'disable', 'cancel_waiting'))
);

create index job_change_in_order on prikke.job_change (position);

comment on table prikke.job_change is 'What the engine is still to take over from a change of a job, appended so that nobody waits.';
comment on column prikke.job_change.kind is 'plan: plan anew; disable: an answer asked for it (410); cancel_waiting: deleted, cancel what waits.';
comment on index prikke.job_change_in_order is 'What is to be taken over? apply_job_changes.';

create table prikke.job_outcome (
  position         bigint      generated always as identity,
  organization_id  uuid        not null,
  job_id           uuid        not null,
  execution_id     uuid        not null,
  status           text        not null,
  finished_at      timestamptz not null,
  constraint job_outcome_pkey primary key (organization_id, position)
);

create index job_outcome_in_order on prikke.job_outcome (position);

comment on table prikke.job_outcome is 'Finished executions of jobs, appended at completion and folded into job_state soon after.';
comment on index prikke.job_outcome_in_order is 'What is to be folded? fold_outcomes.';
