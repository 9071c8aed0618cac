-- Refuses a mail too many: so many an hour to an address, so many asked for from one place. The locks let two that ask at
-- the same moment be counted one after the other; addresses are locked before places, so they never wait in a circle.
create or replace function prikke.count_sign_in(p_email text, p_address text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_since constant timestamptz := prikke.clock() - interval '1 hour';
  v_per_email constant bigint := prikke.limit_value('sign_in_per_address', 5);
  v_per_address constant bigint := prikke.limit_value('sign_in_per_ip', 20);
  v_count bigint;
  v_oldest timestamptz;
begin
  perform pg_advisory_xact_lock(hashtextextended('prikke sign-in to ' || p_email, 0));
  perform pg_advisory_xact_lock(hashtextextended('prikke sign-in from ' || p_address, 0));
  select count(*), min(s.created_at)
  into v_count, v_oldest
  from prikke.sign_in as s
  where s.email = p_email
    and s.created_at > v_since;
  if v_count < v_per_email then
    select count(*), min(s.created_at)
    into v_count, v_oldest
    from prikke.sign_in as s
    where s.address = p_address
      and s.created_at > v_since;
    if v_count < v_per_address then
      return;
    end if;
  end if;
  raise exception 'too many sign-in links were asked for: at most % an hour for an address', v_per_email
    using errcode = 'PK429', constraint = 'too_many_sign_ins', hint = 'Use the newest mail, or try again later.',
      detail = jsonb_build_object('retry_after_ms', ceil(extract(epoch from v_oldest - v_since) * 1000))::text;
end
$$;

comment on function prikke.count_sign_in is 'PK429 where an address, or the place that asks, has had its sign-in links of this hour.';
