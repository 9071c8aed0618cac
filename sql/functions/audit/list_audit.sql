-- A page of the changes in the caller's organization, newest first. `cursor` is the id of the last entry of the page before.
create or replace function prikke.list_audit(
  subject_kind text default null,
  subject_id text default null,
  actor text default null,
  action text default null,
  since timestamptz default null,
  until timestamptz default null,
  page_size integer default 50,
  cursor uuid default null
)
returns setof prikke.audit
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
  v_organization_id constant uuid := prikke.current_organization();
  v_problems jsonb := prikke.page_problems(page_size);
  v_hides constant boolean := prikke.hides_headers();
  v_below bigint;
begin
  if list_audit.action not in ('create', 'update', 'delete', 'restore', 'pause', 'resume') then
    v_problems := v_problems || prikke.problem('action', 'unknown', format('"%s" is no action', list_audit.action), 'create, update, delete, restore, pause or resume');
  end if;
  if cursor is not null then
    select a.position
    into v_below
    from prikke.audit_entry as a
    where a.organization_id = v_organization_id
      and a.id = list_audit.cursor;
    if not found then
      v_problems := v_problems || prikke.problem('cursor', 'unknown', 'is no audit entry', 'Begin again without a cursor.');
    end if;
  end if;
  perform prikke.refuse(v_problems);

  return query
    select a.id, a.at, a.actor, a.actor_kind, a.action, a.subject_kind, a.subject_id,
      prikke.veil_fields(a.before, v_hides), prikke.veil_fields(a.after, v_hides), a.source
    from prikke.audit_entry as a
    where a.organization_id = v_organization_id
      and (v_below is null or a.position < v_below)
      and (list_audit.subject_kind is null or a.subject_kind = list_audit.subject_kind)
      and (list_audit.subject_id is null or a.subject_id = list_audit.subject_id)
      and (list_audit.actor is null or a.actor = list_audit.actor)
      and (list_audit.action is null or a.action = list_audit.action)
      and (list_audit.since is null or a.at >= list_audit.since)
      and (list_audit.until is null or a.at < list_audit.until)
    order by a.position desc
    limit page_size;
end
$$;

comment on function prikke.list_audit is
  'A page of changes, newest first: who, from where, what, before and after without secrets; cursor is the last id of the page before. Example: select at, actor, action, before, after from prikke.list_audit(subject_kind => ''job'', page_size => 20);';
