-- Flow control: queues and their limits, breakers by host, keys that stopped, executions that report later
-- depends: 0006.runners

create table prikke.queue (
  organization_id  uuid        not null,
  name             text        collate "C" not null,
  max_running      integer,
  rate             integer,
  rate_period      interval,
  burst            integer,
  after_failure    text        not null default 'continue',
  paused           boolean     not null default false,
  paused_by        text,
  pause_reason     text,
  paused_at        timestamptz,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  constraint queue_pkey primary key (organization_id, name),
  constraint queue_max_running_range check (max_running between 1 and 100000),
  constraint queue_rate_whole check (num_nulls(rate, rate_period, burst) in (0, 3)),
  constraint queue_rate_range check (rate between 1 and 1000000 and rate_period between interval '1 second' and interval '31 days' and burst between 1 and 1000000),
  constraint queue_after_failure_known check (after_failure in ('continue', 'stop'))
);

comment on table prikke.queue is 'Settings of a lane of an organization. A lane without a row has the defaults: no limits.';
comment on column prikke.queue.max_running is 'At most so many run at once; 1: strictly one after another. Null: no cap.';
comment on column prikke.queue.rate is 'At most so many begin in each rate_period, beside a burst.';
comment on column prikke.queue.burst is 'So many may begin at once after a quiet time; 1 spreads them evenly.';
comment on column prikke.queue.after_failure is 'What an ordering key does when an execution has failed for good: continue with the next, or stop until a person continues it.';

create table prikke.queue_state (
  organization_id  uuid        not null,
  queue            text        collate "C" not null,
  tat              timestamptz not null default '-infinity',
  free_at          timestamptz,
  constraint queue_state_pkey primary key (organization_id, queue)
);

create index queue_state_free on prikke.queue_state (free_at) where free_at is not null;

comment on table prikke.queue_state is 'What the engine knows of a lane with a rate. Only runners write it.';
comment on column prikke.queue_state.tat is 'Theoretical arrival time of the generic cell rate algorithm (ITU-T I.371).';
comment on column prikke.queue_state.free_at is 'When the next of the executions held by the rate may go; null: none is held.';
comment on index prikke.queue_state_free is 'Which rates let somebody through now? free_timed_holds.';

create table prikke.breaker (
  organization_id  uuid        not null,
  host             text        collate "C" not null,
  state            text        not null,
  failures         integer     not null,
  pause            interval    not null,
  open_until       timestamptz,
  probe_id         uuid,
  changed_at       timestamptz not null,
  last_error       text,
  constraint breaker_pkey primary key (organization_id, host),
  constraint breaker_state_known check (state in ('closed', 'open', 'half_open')),
  constraint breaker_open_has_end check ((state = 'closed') = (open_until is null))
);

create index breaker_open_until on prikke.breaker (open_until) where open_until is not null;

comment on table prikke.breaker is 'Hosts that failed last, by organization. A row goes with the first success, so a healthy system has none.';
comment on column prikke.breaker.failures is 'Failures in a row: connection, timeout, 5xx or 429.';
comment on column prikke.breaker.probe_id is 'The one execution let through to see whether the host answers again.';
comment on index prikke.breaker_open_until is 'Which breakers may let a probe through? free_timed_holds.';

create table prikke.breaker_event (
  organization_id  uuid        not null,
  position         bigint      generated always as identity,
  host             text        collate "C" not null,
  state            text        not null,
  failures         integer     not null,
  open_until       timestamptz,
  message          text,
  at               timestamptz not null,
  constraint breaker_event_pkey primary key (organization_id, position),
  constraint breaker_event_state_known check (state in ('closed', 'open', 'half_open'))
);

comment on table prikke.breaker_event is 'Each change of a breaker, for people to see. Kept as long as history.';

create table prikke.host_outcome (
  organization_id  uuid        not null,
  position         bigint      generated always as identity,
  host             text        collate "C" not null,
  failures         integer     not null,
  succeeded        boolean     not null,
  retry_after      interval,
  message          text,
  constraint host_outcome_pkey primary key (organization_id, position)
);

create index host_outcome_in_order on prikke.host_outcome (position);

comment on table prikke.host_outcome is 'Outcomes whose breaker another runner was looking at, applied by the next tick.';
comment on index prikke.host_outcome_in_order is 'What is to be applied? apply_host_outcomes.';

create table prikke.stopped_key (
  organization_id  uuid        not null,
  ordering_key     text        collate "C" not null,
  execution_id     uuid        not null,
  stopped_at       timestamptz not null,
  constraint stopped_key_pkey primary key (organization_id, ordering_key, execution_id)
);

comment on table prikke.stopped_key is 'Ordering keys at a halt since an execution failed for good in a queue whose after_failure is stop.';
