-- What is wrong with the times of a forecast.
create or replace function prikke.forecast_problems(p_since timestamptz, p_until timestamptz, p_bucket interval)
returns jsonb
language plpgsql
immutable parallel safe
as $$
declare
  v_problems jsonb := '[]';
begin
  if not isfinite(p_since) or not isfinite(p_until) or p_until <= p_since then
    v_problems := v_problems || prikke.problem('until', 'out_of_range', 'does not lie after since');
  elsif p_until > p_since + interval '366 days' then
    v_problems := v_problems || prikke.problem('until', 'out_of_range', 'lies more than 366 days ahead');
  end if;
  if p_bucket is null or p_bucket < interval '1 minute' or p_bucket > interval '31 days'
     or extract(epoch from p_bucket)::bigint % 60 <> 0 or extract(month from p_bucket) <> 0 or extract(year from p_bucket) <> 0 then
    v_problems := v_problems || prikke.problem('bucket', 'out_of_range', 'must be whole minutes, from 1 minute to 31 days', '1 hour is usual.');
  elsif v_problems = '[]' and extract(epoch from p_until - p_since) / extract(epoch from p_bucket) > 10000 then
    v_problems := v_problems || prikke.problem('bucket', 'out_of_range', 'makes more than 10,000 buckets', 'Choose longer ones.');
  end if;
  return v_problems;
end
$$;

comment on function prikke.forecast_problems is 'All that is wrong with the times of a forecast; an empty array when nothing is.';
