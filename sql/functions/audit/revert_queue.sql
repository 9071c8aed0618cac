-- Puts the settings of one change of a queue back to what they were before it; before its making there were none.
create or replace function prikke.revert_queue(p_entry prikke.audit_entry)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_before constant jsonb := coalesce(p_entry.before, '{"max_running": null, "rate": null, "after_failure": "continue", "paused": false}');
  v_queue constant prikke.queue := jsonb_populate_record(null::prikke.queue, v_before);
begin
  if v_before - '{paused,paused_by,pause_reason}'::text[] <> '{}' then
    perform prikke.set_queue(
      name => p_entry.subject_id, max_running => v_queue.max_running, rate => v_queue.rate, rate_period => v_queue.rate_period,
      burst => v_queue.burst, after_failure => v_queue.after_failure,
      clear => array(select n from unnest('{max_running,rate}'::text[]) as n where v_before -> n = 'null'));
  end if;
  if v_queue.paused then
    perform prikke.pause_queue(p_entry.subject_id, v_queue.pause_reason);
  elsif v_before ? 'paused' then
    perform prikke.resume_queue(p_entry.subject_id);
  end if;
end
$$;

comment on function prikke.revert_queue is 'Sets a queue as it was before one change.';
