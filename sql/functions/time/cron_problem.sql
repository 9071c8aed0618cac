-- The zone counts too: a wildcard schedule that names only hours that a clock change
-- skips every year never runs.
create or replace function prikke.cron_problem(expression text, timezone text)
returns jsonb
language plpgsql
stable parallel safe
as $$
declare
  v_masks  prikke.cron_masks;
  v_detail text;
begin
  if expression is null then
    return null;
  end if;

  v_masks := prikke.parse_cron(expression);
  -- What runs every week comes, whatever hour a clock change skips.
  if not v_masks.weekly and prikke.next_run(v_masks, case when prikke.is_time_zone(timezone) then timezone else 'UTC' end, prikke.clock()) is null then
    return jsonb_build_object('field', 'cron', 'code', 'never',
      'message', 'This time never comes.',
      'hint', 'Check day and month: 30 February, 31 April and their like do not exist.');
  end if;

  return null;
exception
  when sqlstate 'PK422' then
    get stacked diagnostics v_detail = pg_exception_detail;
    return v_detail::jsonb -> 0;
end
$$;

comment on function prikke.cron_problem(text, text) is
  'What is wrong with a cron expression, as an entry of the list of wrong fields; null when it is fine. See timezone_problem for the zone.';
