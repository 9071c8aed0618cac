-- What is wrong with the settings of a queue; an empty array when nothing is.
create or replace function prikke.queue_problems(p_queue prikke.queue)
returns jsonb
language plpgsql
immutable
as $$
declare
  v_problems jsonb := '[]';
begin
  if p_queue.name is null or p_queue.name !~ '^[A-Za-z0-9._:-]{1,100}$' then
    v_problems := v_problems || prikke.problem('name', 'invalid', 'must have 1 to 100 of A-Z, a-z, 0-9 and . _ : -', 'For example "default".');
  end if;
  if p_queue.max_running not between 1 and 100000 then
    v_problems := v_problems || prikke.problem('max_running', 'out_of_range', 'must lie between 1 and 100000', '1 runs strictly one after another; pause_queue stops all.');
  end if;
  if p_queue.rate not between 1 and 1000000 then
    v_problems := v_problems || prikke.problem('rate', 'out_of_range', 'must lie between 1 and 1000000 for each period');
  end if;
  if p_queue.rate_period not between interval '1 second' and interval '31 days' then
    v_problems := v_problems || prikke.problem('rate_period', 'out_of_range', 'must lie between 1 second and 31 days');
  end if;
  if p_queue.burst not between 1 and 1000000 then
    v_problems := v_problems || prikke.problem('burst', 'out_of_range', 'must lie between 1 and 1000000', '1 spreads them evenly.');
  end if;
  if p_queue.rate is null and num_nonnulls(p_queue.rate_period, p_queue.burst) > 0 then
    v_problems := v_problems || prikke.problem('rate', 'required', 'is missing beside rate_period or burst', 'For example rate => 10, rate_period => ''1 minute''.');
  end if;
  if p_queue.after_failure not in ('continue', 'stop') then
    v_problems := v_problems || prikke.problem('after_failure', 'unknown', format('"%s" is no way to go on', p_queue.after_failure), 'continue or stop');
  end if;
  return v_problems;
end
$$;

comment on function prikke.queue_problems is 'All that is wrong with the settings of a queue; an empty array when nothing is.';
