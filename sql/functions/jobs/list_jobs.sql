-- A page of the caller's jobs. `cursor` is the id of the last job of the page before. Which jobs fail is read from the
-- small indexes of job_state first.
create or replace function prikke.list_jobs(
  search text default null,
  status text default null,
  health text default null,
  sort text default 'name',
  page_size integer default 50,
  cursor uuid default null
)
returns setof prikke.job
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_variable
declare
  c_few constant integer := 1000;
  v_organization_id constant uuid := prikke.current_organization();
  v_pattern constant text := '%' || replace(replace(replace(lower(search), '\', '\\'), '%', '\%'), '_', '\_') || '%';
  v_problems jsonb := '[]';
  v_failing constant uuid[] := case when health is not null then prikke.failing_jobs() end;
  v_ids uuid[];
  v_found uuid[];
  v_name text;
  v_created_at timestamptz;
  v_last_run_at timestamptz;
begin
  if status not in ('enabled', 'disabled') then
    v_problems := v_problems || prikke.problem('status', 'unknown', format('"%s" is no status of a job', status), 'enabled or disabled');
  end if;
  if health not in ('healthy', 'failing') then
    v_problems := v_problems || prikke.problem('health', 'unknown', format('"%s" is no health', health), 'healthy or failing');
  end if;
  if sort is null or sort not in ('name', 'created', 'last_run') then
    v_problems := v_problems || prikke.problem('sort', 'unknown', format('"%s" is no order', sort), 'name, created or last_run');
  end if;
  v_problems := v_problems || prikke.page_problems(page_size);
  perform prikke.refuse(v_problems);

  if cursor is not null then
    select d.name, d.created_at, coalesce(s.last_run_at, '-infinity')
    into v_name, v_created_at, v_last_run_at
    from prikke.job_definition as d
    left join prikke.job_state as s on s.organization_id = d.organization_id and s.job_id = d.id
    where d.organization_id = v_organization_id
      and d.id = cursor;
    if not found then
      perform prikke.refuse(jsonb_build_array(prikke.problem('cursor', 'unknown', 'is no job', 'Begin again without a cursor.')));
    end if;
  end if;

  if sort = 'name' then
    v_ids := array(
      select d.id
      from prikke.job_definition as d
      where d.organization_id = v_organization_id
        and d.deleted_at is null
        and (cursor is null or (d.name collate "C", d.id) > (v_name collate "C", cursor))
        and (search is null or lower(d.name) like v_pattern or lower(d.url) like v_pattern or lower(d.key) like v_pattern)
        and (status is null or d.enabled = (status = 'enabled'))
        and (health is distinct from 'failing' or d.id = any (v_failing))
        and (health is distinct from 'healthy' or d.id <> all (v_failing))
      order by d.name collate "C", d.id
      limit page_size);
  elsif sort = 'created' then
    v_ids := array(
      select d.id
      from prikke.job_definition as d
      where d.organization_id = v_organization_id
        and d.deleted_at is null
        and (cursor is null or (d.created_at, d.id) < (v_created_at, cursor))
        and (search is null or lower(d.name) like v_pattern or lower(d.url) like v_pattern or lower(d.key) like v_pattern)
        and (status is null or d.enabled = (status = 'enabled'))
        and (health is distinct from 'failing' or d.id = any (v_failing))
        and (health is distinct from 'healthy' or d.id <> all (v_failing))
      order by d.created_at desc, d.id desc
      limit page_size);
  else
    -- Few that are found are looked up; where there are many, a page of them is met soon on the way.
    if search is not null then
      v_found := array(
        select d.id
        from prikke.job_definition as d
        where d.organization_id = v_organization_id
          and d.deleted_at is null
          and (lower(d.name) like v_pattern or lower(d.url) like v_pattern or lower(d.key) like v_pattern)
        limit c_few + 1);
    end if;
    v_ids := array(
      select d.id
      from prikke.job_state as s
      join prikke.job_definition as d on d.organization_id = v_organization_id and d.id = s.job_id
      where s.organization_id = v_organization_id
        and d.deleted_at is null
        and (search is null or cardinality(v_found) > c_few or s.job_id = any (v_found))
        and (cursor is null or (coalesce(s.last_run_at, '-infinity'), s.job_id) < (v_last_run_at, cursor))
        and (search is null or lower(d.name) like v_pattern or lower(d.url) like v_pattern or lower(d.key) like v_pattern)
        and (status is null or d.enabled = (status = 'enabled'))
        and (health is distinct from 'failing' or s.job_id = any (v_failing))
        and (health is distinct from 'healthy' or s.job_id <> all (v_failing))
      order by coalesce(s.last_run_at, '-infinity') desc, s.job_id desc
      limit page_size);
  end if;

  return query
    select j.*
    from prikke.job as j
    where j.id = any (v_ids)
    order by array_position(v_ids, j.id);
end
$$;

comment on function prikke.list_jobs is
  'A page of jobs: search in name, URL and key; status enabled or disabled; health healthy or failing; sort name, created or last_run; cursor is the last id of the page before. Example: select name, next_run_at from prikke.list_jobs(search => ''report'', page_size => 20);';
