-- A window, known beforehand, in which nothing is told of a job, or of all where none is named.
create or replace function prikke.create_maintenance(
  starts_at timestamptz,
  ends_at timestamptz,
  job_id uuid default null,
  reason text default null
)
returns prikke.shown_mute
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform prikke.require_role('member');
  return prikke.make_mute('maintenance', job_id, starts_at, ends_at, reason);
end
$$;

comment on function prikke.create_maintenance is
  'Holds back notifications within a window; the jobs run as ever. Example: select id from prikke.create_maintenance(starts_at => ''2030-01-31T22:00:00Z'', ends_at => ''2030-02-01T02:00:00Z'', reason => ''database upgrade'');';
