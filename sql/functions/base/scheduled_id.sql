-- The id of a job's run at a due time: UUIDv7 layout, time part = due time, the rest from SHA-256 of job and due time.
-- Computed, not drawn, so that even after a restore the same due time goes out under the same id.
create or replace function prikke.scheduled_id(p_job_id uuid, p_due_at timestamptz)
returns uuid
language sql
immutable parallel safe
as $$
  select encode(
    set_byte(set_byte(b, 6, get_byte(b, 6) & 15 | 112), 8, get_byte(b, 8) & 63 | 128),
    'hex')::uuid
  from (
    select substring(int8send(floor(extract(epoch from p_due_at) * 1000)::bigint) from 3)
      || substring(sha256(uuid_send(p_job_id) || int8send((extract(epoch from p_due_at) * 1000000)::bigint)) from 1 for 10) as b
  ) as bytes
$$;

comment on function prikke.scheduled_id is 'The one id under which a due time of a job is delivered.';
