-- Asks for a new signing secret; the present one signs beside it for 24 hours. The value is made by a process with the keyring.
create or replace function prikke.rotate_signing_secret(overlap interval default '24 hours')
returns table (id uuid, created_at timestamptz, expires_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
begin
  perform prikke.require_role('admin');
  perform prikke.require_recent_sign_in();
  if rotate_signing_secret.overlap is null or rotate_signing_secret.overlap not between interval '0' and interval '30 days' then
    perform prikke.refuse(jsonb_build_array(prikke.problem('overlap', 'out_of_range', 'must lie between 0 and 30 days', '24 hours is usual.')));
  end if;
  update prikke.signing_secret as s
  set expires_at = v_now + rotate_signing_secret.overlap
  where s.organization_id = v_organization_id
    and s.expires_at is null;
  insert into prikke.signing_secret (organization_id, id, created_at)
  values (v_organization_id, prikke.new_id(v_now), v_now);
  update prikke.organization as o
  set secrets_changed_at = v_now
  where o.id = v_organization_id;
  return query
    select s.id, s.created_at, s.expires_at
    from prikke.signing_secret as s
    where s.organization_id = v_organization_id
      and (s.expires_at is null or s.expires_at > v_now)
    order by s.created_at desc;
end
$$;

comment on function prikke.rotate_signing_secret is
  'Asks for a new signing secret and lets the old one sign beside it for a while. Example: select * from prikke.rotate_signing_secret(overlap => ''24 hours'');';
