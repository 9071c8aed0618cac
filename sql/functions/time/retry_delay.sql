-- The jitter comes from the execution, so that the same try always waits the same
-- time and a herd that failed together does not come back together.
create or replace function prikke.retry_delay(p_attempt integer, p_backoff interval, p_execution_id uuid)
returns interval
language sql
immutable parallel safe
as $$
  select make_interval(secs =>
    least(first * 2 ^ least(greatest(p_attempt - 1, 0), 30), greatest(first, 3600))
    * (0.9 + 0.2 * coalesce((uuid_hash_extended(p_execution_id, p_attempt) & 1048575) / 1048575.0, 0.5)))
  from (select coalesce(date_part('epoch', p_backoff), 30) as first) as backoff
$$;

comment on function prikke.retry_delay(integer, interval, uuid) is
  'Wait after a failed attempt: the first delay (30 s), doubling to an hour, give or take a tenth.';
