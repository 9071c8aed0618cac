-- What is wrong with the times of a simulation.
create or replace function prikke.simulate_problems(
  p_since timestamptz,
  p_until timestamptz,
  p_duration interval,
  p_down_from timestamptz,
  p_down_until timestamptz
)
returns jsonb
language plpgsql
stable
as $$
declare
  v_problems jsonb := '[]';
begin
  if not isfinite(p_since) then
    v_problems := v_problems || prikke.problem('since', 'out_of_range', 'is no instant');
  elsif p_until <= coalesce(p_since, prikke.clock()) then
    v_problems := v_problems || prikke.problem('until', 'out_of_range', 'does not lie after since');
  elsif p_until > coalesce(p_since, prikke.clock()) + interval '3660 days' then
    v_problems := v_problems || prikke.problem('until', 'out_of_range', 'lies more than ten years after since');
  end if;
  if p_duration not between interval '0' and interval '400 days' then
    v_problems := v_problems || prikke.problem('duration', 'out_of_range', 'must lie between 0 and 400 days');
  end if;
  if (p_down_from is null) <> (p_down_until is null) then
    v_problems := v_problems || prikke.problem('down_until', 'required', 'must be given with down_from, and the other way round');
  elsif p_down_until <= p_down_from or not isfinite(p_down_from) or not isfinite(p_down_until) then
    v_problems := v_problems || prikke.problem('down_until', 'out_of_range', 'does not lie after down_from');
  end if;
  return v_problems;
end
$$;

comment on function prikke.simulate_problems is 'All that is wrong with the times of a simulation; an empty array when nothing is.';
