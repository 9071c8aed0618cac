-- Column defaults and triggers. Loaded when this file changes; every statement must be able to run again.

alter table prikke.setting alter column updated_at set default prikke.clock();
alter table prikke.organization alter column secrets_changed_at set default prikke.clock();
alter table prikke.organization alter column created_at set default prikke.clock();
alter table prikke.organization alter column updated_at set default prikke.clock();
alter table prikke.signing_secret alter column created_at set default prikke.clock();
alter table prikke.binding alter column created_at set default prikke.clock();
alter table prikke.job_change alter column created_at set default prikke.clock();
alter table prikke.execution_request alter column created_at set default prikke.clock();

create or replace trigger prepare
before insert or update on prikke.job_definition
for each row execute function prikke.prepare_job();

create or replace trigger record
after insert or update on prikke.job_definition
for each row execute function prikke.record_job();

-- One line attaches a table to the audit: kind of subject, its column, and the columns that say nothing to people.
create or replace trigger audit after insert or update or delete on prikke.job_definition
for each row execute function prikke.record_change(
  'job', 'id', '{schedule_type,masks,seed,anchored_at,interval_minutes,version,plan_version,planned_at,planned_next_at}');

create or replace trigger audit after insert or update or delete on prikke.organization
for each row execute function prikke.record_change('organization', 'id', '{secrets_changed_at}');

create or replace trigger audit after insert or update or delete on prikke.signing_secret
for each row execute function prikke.record_change('signing_secret', 'id', '{sealed,keyring_id}');

create or replace trigger audit after insert or update or delete on prikke.queue
for each row execute function prikke.record_change('queue', 'name', '{}');

create or replace trigger audit after insert or update or delete on prikke.watch_definition
for each row execute function prikke.record_change('watch', 'id', '{object_name,made_by}');

create or replace trigger audit after insert or update or delete on prikke.binding
for each row execute function prikke.record_change('access', 'role_name', '{}');

create or replace trigger audit after insert or update or delete on prikke.api_key
for each row execute function prikke.record_change('key', 'id', '{secret_hash,last_used_at}');

create or replace trigger audit after insert or update or delete on prikke.member
for each row execute function prikke.record_change('member', 'user_id', '{user_id,joined_at}');

create or replace trigger audit after insert or update or delete on prikke.invitation
for each row execute function prikke.record_change('invitation', 'id', '{token_hash,invited_by,expires_at}');

create or replace trigger audit after insert or update or delete on prikke.secret
for each row execute function prikke.record_change('secret', 'name', '{keyring_id,name}');

create or replace trigger audit after insert or update or delete on prikke.subscription
for each row execute function prikke.record_change('subscription', 'id', '{payment_at,granted_until_at,granting,provider_updated_at}');

create or replace trigger audit after insert or update or delete on prikke.channel
for each row execute function prikke.record_change('channel', 'id', '{}');

create or replace trigger audit after insert or update or delete on prikke.notification_rule
for each row execute function prikke.record_change('notification_rules', 'organization_id', '{}');

create or replace trigger audit after insert on prikke.mute
for each row execute function prikke.record_change('mute', 'id', '{}');

create or replace trigger audit_end after delete on prikke.mute
for each row when (old.ends_at > prikke.clock()) execute function prikke.record_change('mute', 'id', '{}');

create or replace trigger free_plan_limits after update of tier, limits on prikke.organization
for each row when (old.tier <> new.tier or old.limits <> new.limits) execute function prikke.free_plan_limits();

create or replace trigger keep before update or truncate on prikke.audit_entry
for each statement execute function prikke.keep_audit();
