-- Counts by organization for the dashboard, and the way to jobs that count there
-- depends: 0015.billing

create table prikke.organization_tally (
  organization_id  uuid        not null,
  quarter_hour     timestamptz not null,
  kind             text        not null,
  status           text        not null,
  count            bigint      not null,
  constraint organization_tally_pkey primary key (organization_id, quarter_hour, kind, status)
);

create index organization_tally_by_age on prikke.organization_tally (quarter_hour);

comment on table prikke.organization_tally is 'Counts of ended executions by quarter hour over all jobs of an organization: what overview reads, since tally has a row for each job. Kept 400 days.';
comment on column prikke.organization_tally.status is 'As in tally.';
comment on index prikke.organization_tally_by_age is 'Which may go? keep_history.';

-- No release had these tables before.
-- squawk-ignore require-concurrent-index-creation
create index job_definition_by_state on prikke.job_definition (organization_id, enabled) where deleted_at is null;
-- squawk-ignore require-concurrent-index-creation
create index job_definition_disabled_by_us on prikke.job_definition (organization_id, paused_at)
  where paused_by = 'prikke' and not enabled and deleted_at is null;

comment on index prikke.job_definition_by_state is 'How many are enabled? overview.';
comment on index prikke.job_definition_disabled_by_us is 'Which did the engine disable? attention.';
