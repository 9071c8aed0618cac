-- One request of a rate with a burst (GCRA). Null when it fits and was counted, else how long to wait.
create or replace function prikke.spend_request(p_subject text, p_per_second numeric, p_burst bigint, out wait interval, out remaining integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_step constant interval := interval '1 second' / p_per_second::double precision;
  v_span constant interval := v_step * p_burst;
  v_tat timestamptz;
begin
  insert into prikke.request_rate as r (subject, tat)
  values (p_subject, v_now + v_step)
  on conflict (subject) do update
  set tat = greatest(r.tat, v_now) + v_step
  where greatest(r.tat, v_now) + v_step <= v_now + v_span
  returning r.tat into v_tat;
  if found then
    remaining := floor(extract(epoch from v_now + v_span - v_tat) * p_per_second);
    return;
  end if;
  select r.tat + v_step - v_span - v_now
  into wait
  from prikke.request_rate as r
  where r.subject = p_subject;
  wait := greatest(coalesce(wait, v_step), interval '1 millisecond');
  remaining := 0;
end
$$;

comment on function prikke.spend_request is 'Counts one request against a rate; answers how long to wait where it does not fit.';
