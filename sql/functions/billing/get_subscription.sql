-- What the caller's organization pays for: the subscription that gives its plan, else the last one it had. No row without any.
create or replace function prikke.get_subscription()
returns prikke.shown_subscription
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select (s.id, s.status, s.renews_at, s.ends_at, s.resumes_at, s.payment_failed_at, nullif(nullif(s.granted_until_at, 'infinity'), '-infinity'), s.granting)::prikke.shown_subscription
  from prikke.subscription as s
  where s.organization_id = prikke.current_organization()
  order by s.granting desc, s.created_at desc
  limit 1
$$;

comment on function prikke.get_subscription is
  'The subscription that gives this organization its plan, else the last one it had. Example: select status, renews_at, ends_at from prikke.get_subscription();';
