-- Forms of people are taken once as well
-- depends: 0025.invitations

comment on column prikke.idempotency_key.organization_id is 'Whose key it is: the organization of a program, or the person who sent a form.';
