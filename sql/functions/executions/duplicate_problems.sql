-- What is wrong with how a send treats duplicates; an empty array when nothing is.
create or replace function prikke.duplicate_problems(
  p_key text,
  p_on_duplicate text,
  p_dedupe_for interval,
  p_debounce interval,
  p_scheduled_at timestamptz,
  p_delay interval
)
returns jsonb
language plpgsql
immutable parallel safe
as $$
declare
  v_problems jsonb := '[]';
begin
  if p_on_duplicate is null or p_on_duplicate not in ('return', 'replace', 'reject') then
    v_problems := v_problems || prikke.problem('on_duplicate', 'unknown', format('"%s" is no policy', p_on_duplicate), 'return, replace or reject');
  end if;
  if p_key is null and (p_on_duplicate in ('replace', 'reject') or num_nonnulls(p_dedupe_for, p_debounce) > 0) then
    v_problems := v_problems || prikke.problem('key', 'required', 'is what duplicates are known by', 'Give a key, for example "order-42".');
  end if;
  if p_dedupe_for is not null and p_dedupe_for not between interval '1 second' and interval '31 days' then
    v_problems := v_problems || prikke.problem('dedupe_for', 'out_of_range', 'must lie between 1 second and 31 days');
  end if;
  if p_debounce is not null and p_debounce not between interval '1 second' and interval '1 day' then
    v_problems := v_problems || prikke.problem('debounce', 'out_of_range', 'must lie between 1 second and 1 day');
  elsif p_debounce is not null and num_nonnulls(p_scheduled_at, p_delay) > 0 then
    v_problems := v_problems || prikke.problem('debounce', 'conflict', 'cannot stand beside scheduled_at or delay');
  end if;
  return v_problems;
end
$$;

comment on function prikke.duplicate_problems is 'All that is wrong with key, on_duplicate, dedupe_for and debounce; an empty array when nothing is.';
