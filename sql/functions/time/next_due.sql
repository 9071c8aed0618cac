-- The next due time of a schedule of any kind, strictly later than an instant; null: never.
create or replace function prikke.next_due(
  p_schedule_type text,
  p_masks prikke.cron_masks,
  p_timezone text,
  p_every interval,
  p_anchored_at timestamptz,
  p_scheduled_at timestamptz,
  p_after timestamptz
)
returns timestamptz
language sql
stable parallel safe
as $$
  select case p_schedule_type
    when 'cron' then prikke.next_run(p_masks, p_timezone, p_after)
    when 'every' then prikke.next_every(p_every, p_anchored_at, p_after)
    when 'once' then case when p_scheduled_at > p_after then p_scheduled_at end
  end
$$;

comment on function prikke.next_due is 'Next due time of a schedule: cron, every or once; null for manual and for what never comes.';
