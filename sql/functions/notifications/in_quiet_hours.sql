-- Whether rules ask for quiet at an instant. Hours that begin in the evening end the next morning.
create or replace function prikke.in_quiet_hours(p_rules jsonb, p_at timestamptz)
returns boolean
language sql
stable
as $$
  select case
    when jsonb_typeof(p_rules -> 'quiet_hours') is distinct from 'object' then false
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
