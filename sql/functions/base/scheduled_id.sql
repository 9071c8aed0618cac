-- The id of a job's run at a due time: UUIDv7 layout, time part = due time, the rest from SHA-256 of job and due time.
-- Computed, not drawn, so that even after a restore the same due time goes out under the same id.
-- In plpgsql, since a query in SQL that names a value twice is started anew for each job of a tick.
create or replace function prikke.scheduled_id(p_job_id uuid, p_due_at timestamptz)
returns uuid
language plpgsql
immutable strict parallel safe
as $$
declare
  v_bytes constant bytea := substring(int8send(floor(extract(epoch from p_due_at) * 1000)::bigint) from 3)
    || substring(sha256(uuid_send(p_job_id) || int8send((extract(epoch from p_due_at) * 1000000)::bigint)) from 1 for 10);
begin
  return encode(
    set_byte(set_byte(v_bytes, 6, get_byte(v_bytes, 6) & 15 | 112), 8, get_byte(v_bytes, 8) & 63 | 128),
    'hex')::uuid;
end
$$;

comment on function prikke.scheduled_id is 'The one id under which a due time of a job is delivered.';
