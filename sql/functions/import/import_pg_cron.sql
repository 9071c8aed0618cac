-- Takes over jobs of pg_cron that call pg_net: reads cron.job with the caller's rights and declares what it can read, by
-- keys that begin with "pg_cron.". What it cannot read is listed with the reason. The rows of pg_cron stay as they are.
create or replace function prikke.import_pg_cron(dry_run boolean default true)
returns table (jobid bigint, jobname text, key text, outcome text, problem text, job jsonb)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_timezone constant text := coalesce(nullif(current_setting('cron.timezone', true), ''), 'GMT');
  v_rows jsonb := '[]';
  v_found jsonb[] := '{}';
  v_row jsonb;
  v_job jsonb;
  v_jobs jsonb;
  v_answer jsonb;
  v_detail text;
begin
  if to_regclass('cron.job') is null then
    raise exception 'there is no table cron.job in this database'
      using errcode = 'PK404', hint = 'pg_cron keeps its jobs in the database that cron.database_name names.';
  end if;
  execute 'select coalesce(jsonb_agg(to_jsonb(j) order by j.jobid), ''[]'') from cron.job as j' into v_rows;
  for v_row in select r.item from jsonb_array_elements(v_rows) as r (item) loop
    v_job := prikke.read_cron_row(v_row, v_timezone);
    v_found := v_found || jsonb_build_object(
      'jobid', v_row -> 'jobid', 'jobname', v_row -> 'jobname', 'problem', v_job -> 'problem', 'job', case when not v_job ? 'problem' then v_job end);
  end loop;

  -- What sync refuses is left out, with its reason, and the rest is tried again.
  for v_turn in 1 .. 2 loop
    select jsonb_agg(f.item -> 'job' order by f.number)
    into v_jobs
    from unnest(v_found) with ordinality as f (item, number)
    where f.item -> 'problem' = 'null';
    exit when v_jobs is null;
    begin
      v_answer := prikke.sync_jobs(v_jobs, dry_run => coalesce(import_pg_cron.dry_run, true));
      exit;
    exception when sqlstate 'PK422' then
      get stacked diagnostics v_detail = pg_exception_detail;
      if v_turn = 2 then
        raise;
      end if;
      v_found := array(
        select case
          when p.message is null then f.item
          else f.item || jsonb_build_object('problem', p.message)
        end
        from unnest(v_found) with ordinality as f (item, number)
        left join lateral (
          select string_agg(concat_ws(' ', split_part(d.item ->> 'field', '.', 2), d.item ->> 'message'), '; ') as message
          from jsonb_array_elements(v_detail::jsonb) as d (item)
          where f.item -> 'problem' = 'null'
            and (regexp_match(d.item ->> 'field', '^jobs\[(\d+)\]'))[1]::bigint = (
              select count(*)
              from unnest(v_found) with ordinality as b (item, number)
              where b.number < f.number
                and b.item -> 'problem' = 'null')
        ) as p on true
        order by f.number);
    end;
  end loop;

  return query
    select (f.item ->> 'jobid')::bigint, f.item ->> 'jobname', f.item -> 'job' ->> 'key',
      case
        when f.item -> 'problem' <> 'null' then null
        when exists (select from jsonb_array_elements(v_answer -> 'created') as c (item) where c.item -> 'key' = f.item -> 'job' -> 'key') then 'created'
        when exists (select from jsonb_array_elements(v_answer -> 'updated') as c (item) where c.item -> 'key' = f.item -> 'job' -> 'key') then 'updated'
        else 'unchanged'
      end,
      f.item ->> 'problem',
      case when f.item -> 'problem' = 'null' then f.item -> 'job' end
    from unnest(v_found) with ordinality as f (item, number)
    order by f.number;
end
$$;

comment on function prikke.import_pg_cron is
  'Takes over jobs of pg_cron that call net.http_get, http_post or http_delete; proposes them, or with dry_run => false makes them, and says of the others why not. Then cron.unschedule those taken over. Example: select jobname, outcome, problem from prikke.import_pg_cron();';
