create or replace view prikke.key as
select k.id, k.public_id, k.name, k.scopes, k.created_by, k.created_at, k.expires_at, k.last_used_at
from prikke.api_key as k
where k.organization_id = (select prikke.current_organization())
  and k.revoked_at is null;

comment on view prikke.key is
  'Keys by which programs act for the current organization, those that are not revoked; never a secret. Example: select name, scopes, last_used_at from prikke.key;';
comment on column prikke.key.last_used_at is 'To within five minutes.';
