-- The one list of tables that belong to no organization, or decide about organizations.
-- Whatever is not here carries organization_id, and only the rows of one organization are seen.
create or replace function prikke.shared_tables()
returns name[]
language sql
immutable parallel safe
as $$
  select array[
    'app_user',
    'billing_event',
    'binding',
    'refused_range',
    'request_rate',
    'runner',
    'runner_sleep',
    'session',
    'setting',
    'sign_in',
    'tally_total',
    'time_zone',
    'zone_state'
  ]::name[]
$$;

comment on function prikke.shared_tables is
  'Tables that are closed to all but the engine, since they are not rows of one organization.';
