-- Takes back 0019.owner_keys

alter table prikke.api_key drop constraint api_key_scopes_are_known;
alter table prikke.api_key add constraint api_key_scopes_known check (scopes <@ '{read,write,trigger,admin}'::text[] and cardinality(scopes) > 0);
