-- What is wrong with how something is to be delivered: all of it. Jobs and sends ask the same.
create or replace function prikke.delivery_problems(
  p_queue text,
  p_priority integer,
  p_ordering_key text,
  p_timeout_ms integer,
  p_max_attempts integer,
  p_backoff interval,
  p_completion text,
  p_expected_status text,
  p_expected_body text
)
returns jsonb
language plpgsql
stable
as $$
declare
  v_limits constant jsonb := prikke.limits();
  v_shortest constant bigint := coalesce((v_limits ->> 'timeout_min_ms')::bigint, 1000);
  v_longest constant bigint := coalesce((v_limits ->> 'timeout_max_ms')::bigint, 300000);
  v_most_attempts constant bigint := coalesce((v_limits ->> 'max_attempts')::bigint, 20);
  v_problems jsonb := '[]';
begin
  if p_queue is null or p_queue !~ '^[A-Za-z0-9._:-]{1,100}$' then
    v_problems := v_problems || prikke.problem('queue', 'invalid', 'must have 1 to 100 of A-Z, a-z, 0-9 and . _ : -', 'For example "default".');
  end if;
  if p_priority is null or p_priority not between -100 and 100 then
    v_problems := v_problems || prikke.problem('priority', 'out_of_range', 'must lie between -100 and 100', 'Higher goes first; 0 is usual.');
  end if;
  if p_ordering_key is not null and (char_length(p_ordering_key) not between 1 and 200) then
    v_problems := v_problems || prikke.problem('ordering_key', 'invalid', 'must have 1 to 200 characters');
  end if;
  if p_timeout_ms is null or p_timeout_ms not between v_shortest and v_longest then
    v_problems := v_problems || prikke.problem('timeout_ms', 'out_of_range', format('must lie between %s and %s milliseconds', v_shortest, v_longest), '30000 is usual.');
  end if;
  if p_max_attempts is null or p_max_attempts not between 1 and v_most_attempts then
    v_problems := v_problems || prikke.problem('max_attempts', 'out_of_range', format('must lie between 1 and %s', v_most_attempts), 'The first try counts.');
  end if;
  if p_backoff is null or p_backoff not between interval '1 second' and interval '1 hour' then
    v_problems := v_problems || prikke.problem('backoff', 'out_of_range', 'must lie between 1 second and 1 hour', 'It is the wait before the second try and doubles.');
  end if;
  if p_completion is null or p_completion not in ('response', 'callback') then
    v_problems := v_problems || prikke.problem('completion', 'unknown', format('"%s" is no way to complete', p_completion), 'response or callback');
  end if;
  if p_expected_status is not null
     and (p_expected_status !~ '^\s*[1-5]\d\d(\s*-\s*[1-5]\d\d)?(\s*,\s*[1-5]\d\d(\s*-\s*[1-5]\d\d)?)*\s*$' or char_length(p_expected_status) > 200) then
    v_problems := v_problems || prikke.problem('expected_status', 'invalid', 'must list status codes and ranges', 'For example "200-204,301".');
  end if;
  if p_expected_body is not null and char_length(p_expected_body) not between 1 and 1000 then
    v_problems := v_problems || prikke.problem('expected_body', 'invalid', 'must have 1 to 1000 characters');
  end if;
  return v_problems;
end
$$;

comment on function prikke.delivery_problems is 'All that is wrong with queue, priority, retries, limits and expectations; an empty array when nothing is.';
