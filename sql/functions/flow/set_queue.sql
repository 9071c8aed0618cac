-- Sets limits of a queue, which is made by its first use. Null leaves a limit, `clear` removes it.
create or replace function prikke.set_queue(
  name text,
  max_running integer default null,
  rate integer default null,
  rate_period interval default null,
  burst integer default null,
  after_failure text default null,
  clear text[] default '{}'
)
returns prikke.queue
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  c_clearable constant text[] := '{max_running,rate}';
  v_now constant timestamptz := prikke.clock();
  v_organization_id constant uuid := prikke.current_organization();
  v_problems jsonb := '[]';
  v_queue prikke.queue;
  v_field text;
begin
  perform prikke.require_role('member');
  select q.*
  into v_queue
  from prikke.queue as q
  where q.organization_id = v_organization_id
    and q.name = set_queue.name
  for update;
  foreach v_field in array coalesce(clear, '{}') loop
    if v_field is null or v_field <> all (c_clearable) then
      v_problems := v_problems || prikke.problem('clear', 'unknown', format('"%s" cannot be removed', v_field), array_to_string(c_clearable, ', '));
    end if;
  end loop;
  v_queue.organization_id := v_organization_id;
  v_queue.name := set_queue.name;
  v_queue.max_running := case when 'max_running' = any (clear) then null else coalesce(max_running, v_queue.max_running) end;
  v_queue.rate := case when 'rate' = any (clear) then null else coalesce(rate, v_queue.rate) end;
  v_queue.rate_period := coalesce(rate_period, case when v_queue.rate is not null then coalesce(v_queue.rate_period, interval '1 second') end);
  v_queue.burst := coalesce(burst, case when v_queue.rate is not null then coalesce(v_queue.burst, 1) end);
  v_queue.after_failure := coalesce(after_failure, v_queue.after_failure, 'continue');
  perform prikke.refuse(v_problems || prikke.queue_problems(v_queue));

  insert into prikke.queue as q (organization_id, name, max_running, rate, rate_period, burst, after_failure, created_at, updated_at)
  values (v_organization_id, v_queue.name, v_queue.max_running, v_queue.rate, v_queue.rate_period, v_queue.burst, v_queue.after_failure, v_now, v_now)
  on conflict on constraint queue_pkey do update
  set max_running = excluded.max_running,
      rate = excluded.rate,
      rate_period = excluded.rate_period,
      burst = excluded.burst,
      after_failure = excluded.after_failure,
      updated_at = excluded.updated_at
  returning q.* into v_queue;
  insert into prikke.freed_key (organization_id, held_by, key)
  values (v_organization_id, 'max_running', v_queue.name), (v_organization_id, 'rate', v_queue.name);
  perform prikke.wake_runners('-infinity');
  return v_queue;
end
$$;

comment on function prikke.set_queue is
  'Sets limits of a queue: max_running (1: one after another), rate for each rate_period beside a burst, after_failure continue or stop for ordering keys. Example: select * from prikke.set_queue(name => ''mail'', max_running => 5, rate => 10, rate_period => ''1 second'');';
