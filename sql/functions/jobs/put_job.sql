-- Makes the job of a key what a declaration says, new or over the one that stands, by the rules of sync_jobs for one job.
create or replace function prikke.put_job(p_key text, p_declared jsonb, p_expected_version integer default null)
returns table (job prikke.job, changes jsonb, created boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_declared jsonb := p_declared || jsonb_build_object('key', p_key);
  v_problems jsonb;
  v_clean jsonb;
  v_old prikke.job_definition;
  v_job prikke.job_definition;
begin
  perform prikke.require_role('member');
  if v_declared ->> 'scheduled_at' is not null and prikke.read_instant(v_declared ->> 'scheduled_at') is null then
    v_declared := v_declared || jsonb_build_object(
      'scheduled_at', coalesce(to_jsonb(prikke.read_local(v_declared ->> 'scheduled_at', v_declared ->> 'timezone')), v_declared -> 'scheduled_at'));
  end if;
  select d.*
  into v_old
  from prikke.job_definition as d
  where d.organization_id = v_organization_id
    and d.key = p_key
    and d.deleted_at is null
  for update;
  if p_expected_version is distinct from v_old.version and p_expected_version is not null then
    raise exception 'the job of key "%" is at version %, not %', p_key, coalesce(v_old.version::text, 'none'), p_expected_version
      using errcode = 'PK412', column = 'expected_version', hint = 'Read it again and repeat the change on what it is now.';
  end if;

  select i.clean, i.problems
  into v_clean, v_problems
  from prikke.declaration_problems(jsonb_build_array(v_declared)) as i;
  v_job := prikke.declared_job(v_old, v_clean, v_organization_id, v_now);
  v_problems := v_problems || (
    select coalesce(jsonb_agg(p.problem), '[]')
    from jsonb_array_elements(prikke.job_problems(
      v_job,
      v_old.id is null
      or (v_job.cron, v_job.every, v_job.scheduled_at, v_job.timezone) is distinct from (v_old.cron, v_old.every, v_old.scheduled_at, v_old.timezone))) as p (problem)
    where p.problem ->> 'field' not in (select f.problem ->> 'field' from jsonb_array_elements(v_problems) as f (problem)));
  perform prikke.refuse(v_problems);

  if v_old.id is null then
    job := prikke.insert_job(v_job);
    changes := jsonb_build_object('from', null, 'to', prikke.shown_fields(prikke.declared_fields(v_job)));
  else
    job := prikke.write_job(v_job);
    changes := prikke.changed_fields(prikke.declared_fields(v_old), prikke.declared_fields(v_job));
  end if;
  created := v_old.id is null;
  return next;
end
$$;

comment on function prikke.put_job is 'Makes or changes the job of a key as declared; answers it, what changed, and whether it is new.';
