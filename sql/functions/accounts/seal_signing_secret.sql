-- Grants the wish for a signing secret: the first process to seal one wins, the others wait for it and read it. Who read the
-- wish reads again anyway, so an organization that somebody is changing just now goes without being told: a runner would
-- wait for a person.
create or replace function prikke.seal_signing_secret(p_organization_id uuid, p_id uuid, p_sealed bytea, p_keyring_id text)
returns boolean
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with sealed as (
    update prikke.signing_secret as s
    set sealed = p_sealed,
        keyring_id = p_keyring_id
    where s.organization_id = p_organization_id
      and s.id = p_id
      and s.sealed is null
    returning s.organization_id
  ), told as (
    update prikke.organization as o
    set secrets_changed_at = prikke.clock()
    from (
      select f.id
      from prikke.organization as f
      join sealed as s on s.organization_id = f.id
      for update of f skip locked
    ) as free
    where o.id = free.id
  )
  select exists (select from sealed)
$$;

comment on function prikke.seal_signing_secret is 'Stores a sealed signing secret where one was asked for; false if another process was first.';
