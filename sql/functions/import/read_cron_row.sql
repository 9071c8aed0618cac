-- A row of pg_cron as a declared job, or the reason why it cannot be one.
create or replace function prikke.read_cron_row(p_row jsonb, p_timezone text)
returns jsonb
language plpgsql
immutable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_call constant jsonb := prikke.read_http_call(p_row ->> 'command');
  v_name constant text := coalesce(nullif(p_row ->> 'jobname', ''), 'pg_cron job ' || (p_row ->> 'jobid'));
  v_schedule constant text := btrim(p_row ->> 'schedule');
  v_seconds constant text := substring(v_schedule from '^(\d+)\s+seconds?$');
begin
  if v_call ? 'problem' then
    return v_call;
  end if;
  return v_call || jsonb_build_object(
    'key', left('pg_cron.' || regexp_replace(coalesce(nullif(p_row ->> 'jobname', ''), p_row ->> 'jobid'), '[^A-Za-z0-9._:-]+', '-', 'g'), 100),
    'name', left(v_name, 200),
    'enabled', coalesce((p_row ->> 'active')::boolean, true))
    || case
      when v_seconds is not null then jsonb_build_object('every', v_seconds || ' seconds')
      -- pg_cron writes the last day of a month as a dollar sign.
      else jsonb_build_object('cron', replace(v_schedule, '$', 'L'), 'timezone', case when upper(p_timezone) in ('GMT', 'UTC') then 'UTC' else p_timezone end)
    end;
end
$$;

comment on function prikke.read_cron_row is 'A row of cron.job as the declaration of a job; else {"problem"}.';
