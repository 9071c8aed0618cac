-- What is wrong with the fields that only a send has: its time, key and ref.
create or replace function prikke.send_problems(
  p_scheduled_at timestamptz,
  p_delay interval,
  p_key text,
  p_ref text,
  p_now timestamptz
)
returns jsonb
language plpgsql
immutable parallel safe
as $$
declare
  v_problems jsonb := '[]';
begin
  if p_scheduled_at is not null and (p_scheduled_at > p_now + interval '10 years' or not isfinite(p_scheduled_at)) then
    v_problems := v_problems || prikke.problem('scheduled_at', 'out_of_range', 'lies more than ten years ahead');
  end if;
  if p_delay is not null and p_delay not between interval '0' and interval '10 years' then
    v_problems := v_problems || prikke.problem('delay', 'out_of_range', 'must lie between 0 and ten years');
  end if;
  if p_key is not null and p_key !~ '^[A-Za-z0-9._:-]{1,100}$' then
    v_problems := v_problems || prikke.problem('key', 'invalid', 'must have 1 to 100 of A-Z, a-z, 0-9 and . _ : -');
  end if;
  if p_ref is not null and char_length(p_ref) not between 1 and 200 then
    v_problems := v_problems || prikke.problem('ref', 'invalid', 'must have 1 to 200 characters');
  end if;
  return v_problems;
end
$$;

comment on function prikke.send_problems is 'All that is wrong with a send''s time, key and ref; an empty array when nothing is.';
