-- By arithmetic, so that a long gap costs nothing. In microseconds, since adding an
-- interval of days to an instant would read the session's TimeZone.
create or replace function prikke.next_every(every interval, anchor timestamptz, after timestamptz)
returns timestamptz
language plpgsql
immutable strict parallel safe
as $$
declare
  v_problem jsonb;
  v_every   bigint;
  v_passed  bigint;
begin
  if not isfinite(anchor) or not isfinite(after) then
    return null;
  end if;

  v_problem := prikke.every_problem(every);
  if v_problem is not null then
    perform prikke.refuse_schedule('every', v_problem ->> 'code', v_problem ->> 'message', v_problem ->> 'hint');
  end if;

  if after < anchor then
    return anchor;
  end if;

  v_every := round(date_part('epoch', every) * 1000000)::bigint;
  v_passed := round(date_part('epoch', after - anchor) * 1000000)::bigint;
  return anchor + (v_passed / v_every + 1) * v_every * interval '1 microsecond';
end
$$;

comment on function prikke.next_every(interval, timestamptz, timestamptz) is
  'The first of anchor, anchor + every, anchor + 2 every … strictly later than an instant.';
