create or replace view prikke.audit as
select
  a.id, a.at, a.actor, a.actor_kind, a.action, a.subject_kind, a.subject_id,
  prikke.veil_fields(a.before, (select prikke.hides_headers())) as before, prikke.veil_fields(a.after, (select prikke.hides_headers())) as after, a.source
from prikke.audit_entry as a
where a.organization_id = (select prikke.current_organization());

comment on view prikke.audit is
  'Every change of what the current organization declares: who, from where, what, before and after, without secrets. Example: select at, actor, action, subject_kind, after from prikke.audit where at > prikke.clock() - interval ''1 day'' order by at desc;';
comment on column prikke.audit.actor is 'user:…, key:…, role:… (a database role), or prikke for what the engine did by itself.';
comment on column prikke.audit.action is 'create, update, delete, restore, pause or resume.';
comment on column prikke.audit.before is 'The changed fields as they were; null when something was made.';
comment on column prikke.audit.after is 'The changed fields as they became; null when something was deleted.';
comment on column prikke.audit.source is 'From where: the door and the address, as far as known.';
