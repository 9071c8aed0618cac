create or replace function prikke.every_problem(every interval)
returns jsonb
language plpgsql
immutable parallel safe
as $$
begin
  return case
    when every is null then null
    when not isfinite(every) or date_part('epoch', every) > 3155760000 then
      jsonb_build_object('field', 'every', 'code', 'range', 'message', 'The length is more than 100 years.', 'hint', null)
    when date_part('year', every) <> 0 or date_part('month', every) <> 0 then
      jsonb_build_object('field', 'every', 'code', 'unsupported', 'message', 'Months and years have no fixed length.',
        'hint', 'For each month give cron, for example 0 0 1 * *.')
    when date_part('epoch', every) < 1 then
      jsonb_build_object('field', 'every', 'code', 'range', 'message', 'The length is less than 1 second.', 'hint', null)
  end;
end
$$;

comment on function prikke.every_problem(interval) is
  'What is wrong with a fixed interval, as an entry of the list of wrong fields; null when it is fine.';
