-- Whether rules ask for quiet at an instant. Hours that begin in the evening end the next morning. Where the zone has gone
-- from the server, or the rules are older than what is checked of them today, nothing is held back.
create or replace function prikke.in_quiet_hours(p_rules jsonb, p_at timestamptz)
returns boolean
language sql
stable
as $$
  select case
    when (prikke.is_time_zone(p_rules #>> '{quiet_hours,timezone}')
      and p_rules #>> '{quiet_hours,from}' ~ '^([01]\d|2[0-3]):[0-5]\d$'
      and p_rules #>> '{quiet_hours,until}' ~ '^([01]\d|2[0-3]):[0-5]\d$') is not true
    then false
    else (
      select case
        when h.begins < h.ends then h.local >= h.begins and h.local < h.ends
        else h.local >= h.begins or h.local < h.ends
      end
      from (
        select (p_at at time zone (p_rules #>> '{quiet_hours,timezone}'))::time as local,
          (p_rules #>> '{quiet_hours,from}')::time as begins,
          (p_rules #>> '{quiet_hours,until}')::time as ends
      ) as h)
  end
$$;

comment on function prikke.in_quiet_hours is 'Whether an instant lies within the quiet hours of some rules.';
