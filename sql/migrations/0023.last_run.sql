-- Jobs by their last run
-- depends: 0022.breaker_events

-- squawk-ignore require-concurrent-index-creation
create index job_state_by_last_run on prikke.job_state (organization_id, coalesce(last_run_at, '-infinity'), job_id);
comment on index prikke.job_state_by_last_run is 'Jobs by their last run. list_jobs.';
