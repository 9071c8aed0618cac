-- What is wrong with rules of notifications. A null in them means: as above, the organization or the default.
create or replace function prikke.rules_problems(p_rules jsonb, p_field text, p_known text[])
returns jsonb
language plpgsql
stable
as $$
declare
  c_shortest constant interval := '5 minutes';
  c_longest constant interval := '30 days';
  v_problems jsonb := '[]';
  v_rules jsonb;
  v_events constant jsonb := prikke.default_rules() -> 'events';
  v_interval interval;
  v_name text;
begin
  if p_rules is null then
    return v_problems;
  end if;
  if jsonb_typeof(p_rules) <> 'object' then
    return jsonb_build_array(prikke.problem(p_field, 'invalid', 'must be an object or null', 'null inherits the organization''s rules.'));
  end if;
  v_rules := jsonb_strip_nulls(p_rules);
  for v_name in
    select k.name
    from jsonb_object_keys(v_rules) as k (name)
    where k.name <> all (p_known)
    order by k.name
  loop
    v_problems := v_problems || prikke.problem(
      p_field || '.' || v_name, 'unknown_field', 'is no rule here', 'Did you mean ' || prikke.nearest_name(v_name, p_known) || '?');
  end loop;
  if v_rules ? 'after' and (jsonb_typeof(v_rules -> 'after') <> 'number' or v_rules ->> 'after' !~ '^([1-9]|[1-4]\d|50)$') then
    v_problems := v_problems || prikke.problem(p_field || '.after', 'out_of_range', 'must be a whole number from 1 to 50', 'Failures in a row, or of the last `of` runs.');
  elsif v_rules ? 'of' and (jsonb_typeof(v_rules -> 'of') <> 'number' or v_rules ->> 'of' !~ '^([1-9]|[1-4]\d|50)$') then
    v_problems := v_problems || prikke.problem(p_field || '.of', 'out_of_range', 'must be a whole number from 1 to 50', '"after": 3, "of": 10 tells when 3 of the last 10 runs failed.');
  elsif v_rules ? 'of' and ((v_rules ->> 'of')::integer >= (v_rules ->> 'after')::integer) is not true then
    v_problems := v_problems || prikke.problem(p_field || '.of', 'invalid', 'needs `after` beside it, and is at least as large', '"after": 3, "of": 10');
  end if;
  if v_rules ? 'remind_every' then
    v_interval := case when jsonb_typeof(v_rules -> 'remind_every') = 'string' then prikke.read_interval(v_rules ->> 'remind_every') end;
    if v_rules -> 'remind_every' <> '"never"' and (v_interval between c_shortest and c_longest) is not true then
      v_problems := v_problems || prikke.problem(
        p_field || '.remind_every', 'invalid', 'must be "never" or a length of time from 5 minutes to 30 days', 'For example "4 hours".');
    end if;
  end if;
  foreach v_name in array '{recovery,mute}'::text[] loop
    if v_rules ? v_name and jsonb_typeof(v_rules -> v_name) <> 'boolean' then
      v_problems := v_problems || prikke.problem(p_field || '.' || v_name, 'wrong_type', 'must be true or false');
    end if;
  end loop;
  if v_rules ? 'events' and (jsonb_typeof(v_rules -> 'events') <> 'array' or not v_rules -> 'events' <@ v_events) then
    v_problems := v_problems || prikke.problem(
      p_field || '.events', 'unknown', 'must be a list of events that exist',
      (select string_agg(e.name, ', ') from jsonb_array_elements_text(v_events) as e (name)));
  end if;
  if v_rules ? 'quiet_hours' and v_rules -> 'quiet_hours' <> 'false' and (
    jsonb_typeof(v_rules -> 'quiet_hours') <> 'object'
    or (select count(*) from jsonb_object_keys(v_rules -> 'quiet_hours') as k (name) where k.name in ('from', 'until', 'timezone')) <> 3
    or (select count(*) from jsonb_object_keys(v_rules -> 'quiet_hours')) <> 3
    or (v_rules #>> '{quiet_hours,from}' ~ '^([01]\d|2[0-3]):[0-5]\d$') is not true
    or (v_rules #>> '{quiet_hours,until}' ~ '^([01]\d|2[0-3]):[0-5]\d$') is not true
    or v_rules #>> '{quiet_hours,from}' = v_rules #>> '{quiet_hours,until}'
    or prikke.timezone_problem(coalesce(v_rules #>> '{quiet_hours,timezone}', '')) is not null)
  then
    v_problems := v_problems || prikke.problem(
      p_field || '.quiet_hours', 'invalid', 'must be false, or tell from and until as times and a time zone',
      '{"from": "22:00", "until": "07:00", "timezone": "Europe/Oslo"}');
  end if;
  return v_problems;
end
$$;

comment on function prikke.rules_problems is 'All that is wrong with rules of notifications; an empty array when nothing is.';
