-- The living signing secrets of the caller's organization without their values, newest first; what pages show masked.
create or replace function prikke.list_signing_secrets()
returns table (id uuid, created_at timestamptz, expires_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.id, s.created_at, s.expires_at
  from prikke.signing_secret as s
  where s.organization_id = prikke.current_organization()
    and (s.expires_at is null or s.expires_at > prikke.clock())
  order by s.created_at desc, s.id
$$;

comment on function prikke.list_signing_secrets is 'Since when and until when signing secrets sign; never what they are.';
