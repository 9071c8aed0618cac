-- Disabled jobs found among many
-- depends: 0019.owner_keys

-- squawk-ignore require-concurrent-index-creation
create index job_definition_disabled on prikke.job_definition (organization_id, name collate "C", id) where not enabled and deleted_at is null;
comment on index prikke.job_definition_disabled is 'Which jobs are disabled? list_jobs.';
