-- Totals that metrics read, and which jobs are missing or skipping due times just now
-- depends: 0006.runners

create table prikke.tally_total (
  kind         text      not null,
  status       text      not null,
  count        bigint    not null,
  duration_ms  bigint    not null,
  durations    bigint[]  not null,
  lateness_ms  bigint    not null,
  lateness     bigint[]  not null,
  constraint tally_total_pkey primary key (kind, status)
);

comment on table prikke.tally_total is 'All that was ever folded into tally, over all organizations: counters that only rise, a few rows for metrics.';
comment on column prikke.tally_total.durations is 'Counts by duration; bounds in duration_bucket.';
comment on column prikke.tally_total.lateness is 'Counts by lateness of the first request; bounds in duration_bucket.';
comment on column prikke.tally.status is
  'How they ended; or what else is counted: retry (attempts that are tried again), lost (leases that lapsed), refused (of the failed ones, those the guard would not send).';

-- No release had this table before.
-- squawk-ignore require-concurrent-index-creation
create index job_state_series on prikke.job_state (organization_id, job_id) where series_status is not null;

comment on index prikke.job_state_series is 'Which jobs miss or skip due times just now? metrics.';
