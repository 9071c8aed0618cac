-- After a row that people declare was written: one audit entry in the same transaction. Attached to a table in
-- triggers.sql; its arguments are the kind of subject, the column that identifies it, and the columns that say nothing to
-- people. A trigger, so that it holds for whoever writes; an engine function, so that it holds where an organization is
-- being made and none is chosen yet.
create or replace function prikke.record_change()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set intervalstyle = 'postgres'
as $$
declare
  v_ignored constant text[] := '{organization_id,id,position,created_at,updated_at,deleted_at,paused_at}'::text[] || tg_argv[2]::text[];
  v_now constant timestamptz := prikke.clock();
  v_old jsonb;
  v_new jsonb;
  v_row jsonb;
  v_before jsonb;
  v_after jsonb;
  v_changes jsonb;
  v_action text;
  v_actor text;
begin
  if tg_op <> 'INSERT' then
    v_old := to_jsonb(old);
  end if;
  if tg_op <> 'DELETE' then
    v_new := to_jsonb(new);
  end if;
  v_row := coalesce(v_new, v_old);

  if tg_op = 'INSERT' then
    v_action := 'create';
  elsif v_old ->> 'deleted_at' is not null then
    if v_new is null or v_new ->> 'deleted_at' is not null then
      return null;
    end if;
    v_action := 'restore';
  elsif v_new is null or v_new ->> 'deleted_at' is not null then
    v_action := 'delete';
  else
    v_changes := prikke.changed_fields(v_old - v_ignored, v_new - v_ignored);
    if v_changes is null then
      return null;
    end if;
    v_before := v_changes -> 'from';
    v_after := v_changes -> 'to';
    v_action := case
      when v_before - '{enabled,paused,paused_by,pause_reason}'::text[] <> '{}' then 'update'
      when v_before -> 'enabled' = 'true' or v_before -> 'paused' = 'false' then 'pause'
      when v_before -> 'enabled' = 'false' or v_before -> 'paused' = 'true' then 'resume'
      else 'update'
    end;
  end if;
  if v_action = 'delete' then
    v_before := prikke.shown_fields(v_row - v_ignored);
  elsif v_changes is null then
    v_after := prikke.shown_fields(v_row - v_ignored);
  end if;

  -- What the engine does by itself it does in its own name, whoever's connection that is.
  v_actor := case when v_after ->> 'paused_by' = 'prikke' then 'prikke' else prikke.current_actor() end;
  insert into prikke.audit_entry (organization_id, id, at, actor, actor_kind, action, subject_kind, subject_id, version, before, after, source)
  values (
    (v_row ->> case when tg_table_name = 'organization' then 'id' else 'organization_id' end)::uuid,
    prikke.new_id(v_now), v_now, v_actor,
    case
      when v_actor ~ '^(user|key|role):' then split_part(v_actor, ':', 1)
      when v_actor = 'prikke' then 'engine'
      else 'other'
    end,
    v_action, tg_argv[0], v_row ->> tg_argv[1], (v_row ->> 'version')::integer, v_before, v_after,
    case when v_actor = 'prikke' then 'engine' else prikke.current_source() end);
  return null;
end
$$;

comment on function prikke.record_change is 'Trigger: writes the audit entry of a changed row. Arguments: kind of subject, its column, columns left out.';
