-- Column defaults and triggers. Loaded when this file changes; every statement must be able to run again.

create or replace trigger prepare
before insert or update on prikke.job_definition
for each row execute function prikke.prepare_job();

create or replace trigger record
after insert or update on prikke.job_definition
for each row execute function prikke.record_job();
