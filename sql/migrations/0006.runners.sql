-- Runners, when they sleep, and the zone data they last saw
-- depends: 0005.executions

create table prikke.runner (
  id           uuid        primary key,
  host         text        not null,
  process      integer     not null,
  release      text        not null,
  concurrency  integer     not null,
  open         integer     not null default 0,
  stopping     boolean     not null default false,
  listening    boolean     not null default false,
  started_at   timestamptz not null,
  seen_at      timestamptz not null
);

comment on table prikke.runner is 'Processes that claim and deliver; each says every few seconds that it lives.';
comment on column prikke.runner.open is 'Requests open when last seen.';
comment on column prikke.runner.listening is 'Whether NOTIFY reaches it; otherwise it polls.';

create unlogged table prikke.runner_sleep (
  runner_id       uuid        primary key,
  sleeping_until  timestamptz not null
) with (fillfactor = 50);

comment on table prikke.runner_sleep is 'Until when each runner means to sleep; a writer with something earlier wakes them. Only runners write it.';

create table prikke.zone_state (
  timezone     text        primary key,
  fingerprint  text        not null,
  checked_at   timestamptz not null,
  replan_after uuid
);

comment on table prikke.zone_state is 'Fingerprint of the offsets of each zone in use, to notice when zone data changed.';
comment on column prikke.zone_state.fingerprint is 'Empty for a zone that has vanished.';
comment on column prikke.zone_state.replan_after is 'Jobs of this zone are being planned anew, up to this id so far; null: done.';
