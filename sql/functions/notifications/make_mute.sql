-- Writes a snooze, a maintenance window or an acknowledgement.
create or replace function prikke.make_mute(p_kind text, p_job_id uuid, p_starts_at timestamptz, p_ends_at timestamptz, p_reason text)
returns prikke.shown_mute
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c_longest constant interval := '400 days';
  v_organization_id constant uuid := prikke.current_organization();
  v_now constant timestamptz := prikke.clock();
  v_problems jsonb := '[]';
  v_mute prikke.mute;
  v_name text;
begin
  if p_job_id is not null then
    select d.name
    into v_name
    from prikke.job_definition as d
    where d.organization_id = v_organization_id
      and d.id = p_job_id
      and d.deleted_at is null;
  end if;
  if v_name is null and (p_job_id is not null or p_kind = 'acknowledge') then
    raise exception 'job % does not exist', p_job_id using errcode = 'PK404', column = 'job_id';
  end if;
  if p_starts_at is null then
    v_problems := v_problems || prikke.problem('starts_at', 'required', 'is missing');
  end if;
  if (p_ends_at > v_now and p_ends_at > p_starts_at and p_ends_at <= greatest(p_starts_at, v_now) + c_longest) is not true then
    v_problems := v_problems || prikke.problem(
      case p_kind when 'snooze' then 'until' else 'ends_at' end, 'out_of_range', 'must lie ahead, after the beginning, and within 400 days of it');
  end if;
  if char_length(p_reason) > 200 or p_reason ~ '[[:cntrl:]]' then
    v_problems := v_problems || prikke.problem('reason', 'invalid', 'must have at most 200 characters and no control characters');
  end if;
  perform prikke.refuse(v_problems);
  insert into prikke.mute (organization_id, id, kind, job_id, starts_at, ends_at, reason, created_by, created_at)
  values (v_organization_id, prikke.new_id(v_now), p_kind, p_job_id, p_starts_at, p_ends_at, nullif(btrim(p_reason), ''), prikke.current_actor(), v_now)
  returning * into v_mute;
  return row(v_mute.id, v_mute.kind, v_mute.job_id, v_name, v_mute.starts_at, v_mute.ends_at, v_mute.reason, v_mute.created_by, v_mute.created_at)::prikke.shown_mute;
end
$$;

comment on function prikke.make_mute is 'Checks and writes a time in which nothing is told of a job, or of all.';
