-- What history keeps of how a request of its own was to be delivered: only what is not the default.
create or replace function prikke.kept_delivery(
  p_url text,
  p_timeout_ms integer,
  p_backoff interval,
  p_completion text,
  p_expected_status text,
  p_expected_body text
)
returns jsonb
language sql
stable parallel safe
as $$
  select case
    when p_url is null or (p_timeout_ms = 30000 and p_backoff = interval '30 seconds' and p_completion = 'response' and num_nonnulls(p_expected_status, p_expected_body) = 0) then null
    else jsonb_build_object(
      'timeout_ms', p_timeout_ms, 'backoff_seconds', extract(epoch from p_backoff), 'completion', p_completion,
      'expected_status', p_expected_status, 'expected_body', p_expected_body)
  end
$$;

comment on function prikke.kept_delivery is 'Delivery settings of a send for history; null where they are the defaults, or its job has them.';
