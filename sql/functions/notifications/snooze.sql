-- Nothing is told of a job, or of all where none is named, for a while; what is still so then is told then.
create or replace function prikke.snooze(
  job_id uuid default null,
  duration interval default '1 day',
  until timestamptz default null,
  reason text default null
)
returns prikke.shown_mute
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
#variable_conflict use_variable
declare
  v_now constant timestamptz := prikke.clock();
begin
  perform prikke.require_role('member');
  return prikke.make_mute('snooze', job_id, v_now, coalesce(until, v_now + duration), reason);
end
$$;

comment on function prikke.snooze is
  'Holds back notifications of a job, or of all, for a while; the jobs run as ever. Example: select ends_at from prikke.snooze(job_id => ''0198…'', duration => ''2 hours'');';
