-- Executions: a small hot table of the living, an append-only history by day, tallies
-- depends: 0004.jobs

create domain prikke.execution_kind as text
  constraint execution_kind_known check (value in ('schedule', 'manual', 'send', 'replay', 'notification', 'test'));
create domain prikke.live_status as text
  constraint live_status_known check (value in ('pending', 'running'));

comment on domain prikke.execution_kind is 'What made an execution: a schedule, a person, a send, a replay, a notification, a test.';
comment on domain prikke.live_status is 'States of an execution that is not over.';

create table prikke.live_execution (
  organization_id  uuid        not null,
  id               uuid        not null,
  position         bigint      generated always as identity,
  job_id           uuid,
  job_version      integer,
  kind             prikke.execution_kind not null,
  status           prikke.live_status not null default 'pending',
  ready            boolean     not null,
  held_by          text,
  queue            text        collate "C" not null default 'default',
  priority         smallint    not null default 0,
  interval_class   smallint    not null default 0,
  scheduled_for    timestamptz not null,
  due_at           timestamptz not null,
  attempt          smallint    not null default 0,
  max_attempts     smallint    not null,
  lost             smallint    not null default 0,
  claim_number     integer     not null default 0,
  runner_id        uuid,
  claimed_at       timestamptz,
  lease_ends_at    timestamptz,
  exclusive        boolean     not null default false,
  ordering_key     text        collate "C",
  key              text        collate "C",
  ref              text        collate "C",
  url              text,
  method           text,
  headers          jsonb,
  body             text,
  content_type     text,
  timeout_ms       integer,
  backoff          interval,
  completion       text,
  expected_status  text,
  expected_body    text,
  host             text        collate "C",
  hop              smallint    not null default 0,
  channel_id       uuid,
  replay_of        uuid,
  reason           text,
  error_message    text,
  created_at       timestamptz not null,
  constraint live_execution_pkey primary key (organization_id, id),
  constraint live_execution_one_state check (
    case status
      when 'running' then lease_ends_at is not null and held_by is null and not ready
      else lease_ends_at is null and (held_by is null or not ready)
    end),
  constraint live_execution_never_early check (due_at >= scheduled_for)
) with (
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.1,
  autovacuum_vacuum_cost_delay = 0
);

create index live_execution_ready on prikke.live_execution
  (organization_id, queue, priority desc, interval_class, due_at, position) where ready;
create index live_execution_upcoming on prikke.live_execution (due_at)
  where status = 'pending' and not ready and held_by is null;
create index live_execution_running on prikke.live_execution (organization_id, queue, host, lease_ends_at) where status = 'running';
create index live_execution_reporting on prikke.live_execution (id) where status = 'running' and runner_id is null;
create index live_execution_held on prikke.live_execution
  (organization_id, held_by, queue, priority desc, interval_class, due_at, position) where held_by is not null;
create index live_execution_held_by_host on prikke.live_execution
  (organization_id, host, priority desc, interval_class, due_at, position) where held_by in ('breaker', 'host');
create unique index live_execution_once_per_due_time on prikke.live_execution
  (organization_id, job_id, scheduled_for, (case when kind = 'schedule' then 0 else position end)) where job_id is not null;
create index live_execution_started_by_job on prikke.live_execution (organization_id, job_id)
  where claim_number > 0 and job_id is not null;
create index live_execution_by_ordering_key on prikke.live_execution (organization_id, ordering_key, scheduled_for, position)
  where ordering_key is not null;
create index live_execution_started_by_ordering_key on prikke.live_execution (organization_id, ordering_key)
  where claim_number > 0 and ordering_key is not null;
create index live_execution_by_ref on prikke.live_execution (organization_id, ref) where ref is not null;

comment on table prikke.live_execution is 'Executions that are not over: waiting, held or running. A row leaves when it ends.';
comment on constraint live_execution_one_state on prikke.live_execution is
  'Running under a lease, or ready, or held, or waiting for its time: one of them. Few constraints, since each send compiles them anew.';
comment on column prikke.live_execution.position is 'Order of creation, the last word between equal due times.';
comment on column prikke.live_execution.ready is 'Due and not held: what claim looks at.';
comment on column prikke.live_execution.held_by is 'What keeps a due row back: overlap, ordering_key, queue, breaker, limit …; null: nothing.';
comment on column prikke.live_execution.host is 'Host and port of the target, for caps and breakers.';
comment on column prikke.live_execution.interval_class is 'Rank of the job''s interval, shorter first; 0 for sends.';
comment on column prikke.live_execution.scheduled_for is 'The nominal due time, the same over all attempts.';
comment on column prikke.live_execution.due_at is 'The earliest next try.';
comment on column prikke.live_execution.attempt is 'Tries that ended by an answer, an error or a timeout.';
comment on column prikke.live_execution.lost is 'Leases that lapsed; three in a row end the execution.';
comment on column prikke.live_execution.claim_number is 'Token of the present claim; only rises, so that a late writer is known.';
comment on column prikke.live_execution.exclusive is 'One run of its job at a time (overlap other than allow).';
comment on column prikke.live_execution.url is 'The request of an execution without a job; jobs'' requests are in job_version.';
comment on index prikke.live_execution_ready is 'What may go next in this lane? claim_executions.';
comment on index prikke.live_execution_upcoming is 'What falls due next? enqueue_due.';
comment on index prikke.live_execution_running is 'What runs in this lane, and to which host? Whose lease has lapsed? claim_executions, rescue_expired.';
comment on index prikke.live_execution_reporting is 'Which execution does this completion token end? report_completion.';
comment on index prikke.live_execution_held is 'Who is first of those held in this lane? free_held, why.';
comment on index prikke.live_execution_held_by_host is 'Who is first of those held for this host? free_held.';
comment on index prikke.live_execution_once_per_due_time is 'Is a run of this job live? Also refuses a due time twice. enqueue_due, claim_executions.';
comment on index prikke.live_execution_started_by_job is 'Is a run of this job under way? claim_executions.';
comment on index prikke.live_execution_by_ordering_key is 'Who is first behind this key? claim_executions.';
comment on index prikke.live_execution_started_by_ordering_key is 'Who holds this key? claim_executions.';
comment on index prikke.live_execution_by_ref is 'Which sends belong to this row of the caller? cancel_sends.';

create table prikke.send_key (
  organization_id  uuid        not null,
  key              text        collate "C" not null,
  execution_id     uuid        not null,
  expires_at       timestamptz not null default '-infinity',
  constraint send_key_pkey primary key (organization_id, key)
);

comment on table prikke.send_key is 'Which execution a send''s key stands for. Valid while that one is live, or until expires_at; overwritten after.';

create table prikke.past_execution (
  organization_id   uuid        not null,
  id                uuid        not null,
  position          bigint      not null,
  job_id            uuid,
  job_version       integer,
  kind              text        not null,
  status            text        not null,
  queue             text        collate "C" not null,
  priority          smallint    not null,
  ordering_key      text        collate "C",
  key               text        collate "C",
  ref               text        collate "C",
  scheduled_for     timestamptz not null,
  last_due_at       timestamptz,
  due_count         bigint      not null default 1,
  due_at            timestamptz not null,
  created_at        timestamptz not null,
  claimed_at        timestamptz,
  started_at        timestamptz,
  finished_at       timestamptz not null,
  attempt           smallint    not null,
  max_attempts      smallint    not null,
  lost              smallint    not null,
  claim_number      integer     not null,
  runner_id         uuid,
  url               text,
  method            text,
  headers           jsonb,
  body              text,
  content_type      text,
  status_code       smallint,
  duration_ms       integer,
  response_headers  jsonb,
  response_body     bytea,
  truncated         boolean     not null default false,
  error_message     text,
  reason            text,
  hop               smallint    not null default 0,
  channel_id        uuid,
  replay_of         uuid,
  constraint past_execution_status_known check (status in ('success', 'failed', 'timeout', 'cancelled', 'missed', 'skipped')),
  constraint past_execution_series_only_unsent check (due_count = 1 or status in ('missed', 'skipped'))
) partition by range (finished_at);

create index past_execution_by_id on prikke.past_execution (organization_id, id);
create index past_execution_by_finish on prikke.past_execution (organization_id, finished_at);
create index past_execution_by_job on prikke.past_execution (organization_id, job_id, id) where job_id is not null;
create index past_execution_unsuccessful on prikke.past_execution (organization_id, id) where status in ('failed', 'timeout');

comment on table prikke.past_execution is 'Executions that are over, with the facts of their last attempt. Append-only, a partition a day.';
comment on column prikke.past_execution.last_due_at is 'Last due time of a series of missed or skipped ones; scheduled_for is the first, due_count how many.';
comment on index prikke.past_execution_by_id is 'What became of this execution? get_execution.';
comment on index prikke.past_execution_by_finish is 'What has ended since? keep_history, live pages.';
comment on index prikke.past_execution_by_job is 'What is the newest of this job? list_executions.';
comment on index prikke.past_execution_unsuccessful is 'What failed? list_executions, failing_job.';

create table prikke.past_attempt (
  organization_id   uuid        not null,
  execution_id      uuid        not null,
  claim_number      integer     not null,
  number            smallint    not null,
  job_version       integer,
  status            text        not null,
  runner_id         uuid,
  claimed_at        timestamptz,
  started_at        timestamptz,
  finished_at       timestamptz not null,
  status_code       smallint,
  duration_ms       integer,
  response_headers  jsonb,
  response_body     bytea,
  truncated         boolean     not null default false,
  error_message     text,
  retry_at          timestamptz,
  constraint past_attempt_status_known check (status in ('failed', 'timeout', 'lost', 'accepted'))
) partition by range (finished_at);

create index past_attempt_by_execution on prikke.past_attempt (organization_id, execution_id, claim_number);

comment on table prikke.past_attempt is 'Attempts before the last one, and those whose lease was lost. A partition a day.';
comment on column prikke.past_attempt.number is 'Which try this was, from 1; a lost one has the number of the try it would have been.';
comment on index prikke.past_attempt_by_execution is 'What was tried before? get_execution.';

create table prikke.execution_request (
  position         bigint      generated always as identity,
  organization_id  uuid        not null,
  execution_id     uuid        not null,
  action           text        not null,
  reason           text,
  requested_by     text,
  created_at       timestamptz not null default statement_timestamp(),
  constraint execution_request_pkey primary key (organization_id, execution_id, position),
  constraint execution_request_action_known check (action in ('cancel', 'release'))
);

create index execution_request_in_order on prikke.execution_request (position);

comment on table prikke.execution_request is 'Wishes of people about live executions, appended so that nobody waits; the engine carries them out, claim respects them at once.';
comment on index prikke.execution_request_in_order is 'What is asked for? apply_requests.';

create table prikke.freed_key (
  position         bigint      generated always as identity,
  organization_id  uuid        not null,
  held_by          text        not null,
  key              text        collate "C" not null,
  constraint freed_key_pkey primary key (organization_id, position)
);

comment on table prikke.freed_key is 'Keys whose holder left while another runner was looking at them; the next tick readies who is first.';

create table prikke.tally (
  organization_id  uuid        not null,
  quarter_hour     timestamptz not null,
  job_id           uuid,
  queue            text        collate "C" not null,
  kind             text        not null,
  status           text        not null,
  count            bigint      not null,
  first_attempts   bigint      not null,
  duration_ms      bigint      not null,
  durations        bigint[]    not null,
  lateness         bigint[]    not null
);

create unique index tally_key on prikke.tally (organization_id, quarter_hour, job_id, queue, kind, status) nulls not distinct;
create index tally_by_job on prikke.tally (organization_id, job_id, quarter_hour) where job_id is not null;
create index tally_by_age on prikke.tally (quarter_hour);

comment on table prikke.tally is 'Counts of ended executions by quarter hour; cards, percentiles, usage and metrics read these, never history. Kept 400 days.';
comment on column prikke.tally.status is 'How they ended; retry counts attempts that are tried again.';
comment on column prikke.tally.first_attempts is 'How many of them had their first attempt here: what a plan counts.';
comment on column prikke.tally.durations is 'Counts by duration of the last attempt; bounds in duration_bucket.';
comment on column prikke.tally.lateness is 'Counts by lateness of the first request (start minus due); bounds in duration_bucket.';
comment on index prikke.tally_key is 'Where does this count belong? fold_tallies.';
comment on index prikke.tally_by_job is 'How does this job do? get_job.';
comment on index prikke.tally_by_age is 'Which may go? keep_history.';

create table prikke.tally_change (
  position         bigint      generated always as identity,
  organization_id  uuid        not null,
  quarter_hour     timestamptz not null,
  job_id           uuid,
  queue            text        collate "C" not null,
  kind             text        not null,
  status           text        not null,
  count            bigint      not null,
  first_attempts   bigint      not null,
  duration_ms      bigint      not null,
  durations_ms     integer[]   not null,
  latenesses_ms    integer[]   not null,
  constraint tally_change_pkey primary key (organization_id, position)
);

create index tally_change_in_order on prikke.tally_change (position);

comment on table prikke.tally_change is 'Counts of completed batches, folded into tally by upkeep.';
comment on column prikke.tally_change.durations_ms is 'Each attempt''s duration, sorted into buckets when folded.';
comment on column prikke.tally_change.latenesses_ms is 'Start minus due time of each first attempt, in milliseconds.';
comment on index prikke.tally_change_in_order is 'What is to be folded? fold_tallies.';
