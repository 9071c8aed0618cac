-- What becomes of one due time, purely from its circumstances: null, it is sent; overlap, it is skipped; else why it is
-- missed. A batch is what fell due since the last tick: p_later of its due times come after this one, p_first_due_at is its
-- oldest, p_more says that there are more than a tick decides. enqueue_job does as this says, simulate shows it.
create or replace function prikke.decide_due(
  p_schedule_type text,
  p_interval_minutes integer,
  p_catch_up text,
  p_catch_up_window interval,
  p_overlap text,
  p_due_at timestamptz,
  p_first_due_at timestamptz,
  p_later integer,
  p_more boolean,
  p_now timestamptz,
  p_live integer,
  p_waiting integer
)
returns text
language sql
immutable parallel safe
as $$
  select case
    when p_schedule_type <> 'once' and p_now - p_due_at > prikke.catch_up_grace(p_interval_minutes) and (
        p_catch_up = 'none'
        or p_more
        or (p_later >= (case p_catch_up when 'all' then 100 else 1 end) and (p_now - p_due_at > p_catch_up_window) is not true))
      then 'catch_up_' || p_catch_up
    when p_schedule_type <> 'once' and p_now - p_due_at > prikke.catch_up_grace(p_interval_minutes) and p_now - p_due_at > p_catch_up_window
      then 'catch_up_window'
    -- Runs caught up under `all` wait for one another instead of skipping one another.
    when not (p_catch_up = 'all' and p_now - p_first_due_at > prikke.catch_up_grace(p_interval_minutes))
      and ((p_overlap = 'skip' and p_live > 0) or (p_overlap = 'queue_one' and p_waiting > 0))
      then 'overlap'
  end
$$;

comment on function prikke.decide_due is 'Why a due time is not sent: overlap (skipped), or catch_up_… (missed); null when it is sent.';
