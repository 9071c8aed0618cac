-- Changes of breakers of the caller's organization, or of one host, the newest first. `cursor` is the position of the last
-- one of the page before. They are shown as long as history is.
create or replace function prikke.list_breaker_events(host text default null, page_size integer default 50, cursor bigint default null)
returns setof prikke.shown_breaker_event
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
begin
  perform prikke.refuse(prikke.page_problems(page_size));
  return query
    select b.position, b.host, b.state, b.failures, b.open_until, b.message, b.at
    from prikke.breaker_event as b
    where b.organization_id = v_organization_id
      and (list_breaker_events.host is null or b.host = list_breaker_events.host)
      and (list_breaker_events.cursor is null or b.position < list_breaker_events.cursor)
      and b.at > prikke.history_begins(v_organization_id)
    order by b.position desc
    limit page_size;
end
$$;

comment on function prikke.list_breaker_events is
  'What hosts that did not answer went through, newest first: open (left alone until open_until), half_open (one delivery is let through), closed (it answers again). Example: select at, host, state, failures, message from prikke.list_breaker_events(host => ''example.com'');';
