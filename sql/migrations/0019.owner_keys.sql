-- Keys that may do what is for owners
-- depends: 0013.plans

-- The table is small, so that looking at its rows takes no time.
-- squawk-ignore constraint-missing-not-valid
alter table prikke.api_key add constraint api_key_scopes_are_known check (scopes <@ '{read,write,trigger,admin,owner}'::text[] and cardinality(scopes) > 0);
-- squawk-ignore ban-drop-constraint
alter table prikke.api_key drop constraint api_key_scopes_known;

comment on column prikke.api_key.scopes is 'What it may: read, write (which includes both others), trigger, admin, owner.';
comment on column prikke.idempotency_key.fingerprint is 'HMAC-SHA-256 of method, path and body, keyed by a secret of the process: a body may hold one.';
