drop table prikke.audit_entry;
