-- Takes back 0026.forms

comment on column prikke.idempotency_key.organization_id is null;
