-- The nearest names share most letter pairs with what was given; no extension needed.
create or replace function prikke.timezone_problem(timezone text)
returns jsonb
language plpgsql
stable parallel safe security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name  text := btrim(timezone);
  v_city  text;
  v_hint  text;
begin
  if timezone is null or exists (select from prikke.time_zone as z where z.name = timezone) then
    return null;
  elsif v_name = '' then
    return jsonb_build_object('field', 'timezone', 'code', 'required',
      'message', 'The time zone is empty.', 'hint', 'For example Europe/Oslo, or UTC.');
  end if;

  v_city := case upper(v_name)
    when 'CET' then 'Europe/Paris'
    when 'CEST' then 'Europe/Paris'
    when 'MET' then 'Europe/Paris'
    when 'MEZ' then 'Europe/Berlin'
    when 'EET' then 'Europe/Helsinki'
    when 'EEST' then 'Europe/Helsinki'
    when 'WET' then 'Europe/Lisbon'
    when 'WEST' then 'Europe/Lisbon'
    when 'BST' then 'Europe/London'
    when 'MSK' then 'Europe/Moscow'
    when 'EST' then 'America/New_York (or America/Panama, where clocks never change)'
    when 'EDT' then 'America/New_York'
    when 'CST' then 'America/Chicago (or Asia/Shanghai)'
    when 'CDT' then 'America/Chicago'
    when 'MST' then 'America/Denver (or America/Phoenix, where clocks never change)'
    when 'MDT' then 'America/Denver'
    when 'PST' then 'America/Los_Angeles'
    when 'PDT' then 'America/Los_Angeles'
    when 'AKST' then 'America/Anchorage'
    when 'HST' then 'Pacific/Honolulu'
    when 'IST' then 'Asia/Kolkata'
    when 'JST' then 'Asia/Tokyo'
    when 'KST' then 'Asia/Seoul'
    when 'AEST' then 'Australia/Sydney'
    when 'NZST' then 'Pacific/Auckland'
    when 'Z' then 'UTC'
  end;
  if v_city is not null then
    return jsonb_build_object('field', 'timezone', 'code', 'unknown_timezone',
      'message', format('%s is an abbreviation, not a time zone: it would stand for a fixed offset.', v_name),
      'hint', format('Name a city: %s.', v_city));
  end if;

  v_hint := case when v_name ~ '[+-]?[0-9]' then 'An offset is not a time zone; name a city, for example Europe/Oslo, or UTC.' end;

  if v_hint is null then
    with wanted as (
      select substr(lower(v_name), i, 2) as pair
      from generate_series(1, least(length(v_name), 60) - 1) as i
    ),
    likeness as (
      select z.name,
        (lower(z.name) = lower(v_name))::integer * 4
        + (lower(regexp_replace(z.name, '^.*/', '')) = lower(regexp_replace(replace(v_name, ' ', '_'), '^.*/', '')))::integer * 2
        + (select count(*) from wanted where strpos(lower(z.name), pair) > 0)::numeric * 2
          / (length(z.name) + length(v_name)) as score
      from prikke.time_zone as z
    ),
    nearest as (
      select name
      from likeness
      where score > 0.5
      order by score desc, length(name), name
      limit case when exists (select from prikke.time_zone as z where lower(z.name) = lower(v_name)) then 1 else 3 end
    )
    select 'Did you mean ' || string_agg(name, ', ') || '?'
    into v_hint
    from nearest;
  end if;

  return jsonb_build_object('field', 'timezone', 'code', 'unknown_timezone',
    'message', format('%s is not a known time zone.', left(v_name, 100)),
    'hint', coalesce(v_hint, 'Use an IANA name such as Europe/Oslo, or UTC.'));
end
$$;

comment on function prikke.timezone_problem(text) is
  'What is wrong with a time zone, as an entry of the list of wrong fields; null when it is fine.';
