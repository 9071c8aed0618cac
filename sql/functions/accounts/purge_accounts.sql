-- Removes what signing in leaves behind: links of yesterday, sessions not seen for fourteen days, invitations that ended.
create or replace function prikke.purge_accounts(p_limit integer)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_removed bigint;
  v_rows bigint;
begin
  delete from prikke.sign_in as s
  where s.id in (
    select x.id
    from prikke.sign_in as x
    where x.created_at < v_now - interval '1 day'
    limit p_limit
    for update skip locked);
  get diagnostics v_removed = row_count;
  delete from prikke.session as s
  where s.id in (
    select x.id
    from prikke.session as x
    where x.last_seen_at < v_now - interval '14 days'
    limit p_limit
    for update skip locked);
  get diagnostics v_rows = row_count;
  v_removed := v_removed + v_rows;
  delete from prikke.invitation as i
  where (i.organization_id, i.id) in (
    select x.organization_id, x.id
    from prikke.invitation as x
    where x.expires_at < v_now
    limit p_limit
    for update skip locked);
  get diagnostics v_rows = row_count;
  return v_removed + v_rows;
end
$$;

comment on function prikke.purge_accounts is 'Removes old sign-in links, sessions and invitations; answers how many.';
