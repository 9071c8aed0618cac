-- Changes of state of the caller's organization, or of one job, the newest first.
create or replace function prikke.list_transitions(
  job_id uuid default null,
  page_size integer default 50,
  cursor bigint default null
)
returns setof prikke.shown_transition
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform prikke.refuse(prikke.page_problems(page_size));
  return query
    select t.position, t.kind, t.job_id, d.name, t.host, t.execution_id, t.at, t.detail
    from prikke.transition as t
    left join prikke.job_definition as d on d.organization_id = t.organization_id and d.id = t.job_id
    where t.organization_id = prikke.current_organization()
      and (list_transitions.job_id is null or t.job_id = list_transitions.job_id)
      and (list_transitions.cursor is null or t.position < list_transitions.cursor)
    order by t.position desc
    limit page_size;
end
$$;

comment on function prikke.list_transitions is
  'What changed: failing, recovered, missed, late, set aside, gone, limits, hosts. Example: select at, kind, job_name from prikke.list_transitions();';
