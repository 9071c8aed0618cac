-- One day's partition of a history table: made beside it, checked, then attached, since `partition of` would wait for readers.
create or replace function prikke.make_partition(p_parent text, p_day date)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  v_name constant text := format('%s_%s', p_parent, to_char(p_day, 'YYYYMMDD'));
begin
  if to_regclass('prikke.' || v_name) is not null then
    return false;
  end if;
  if p_parent not in ('past_execution', 'past_attempt') then
    raise exception '% is no history table', p_parent using errcode = 'PK400';
  end if;
  perform set_config('lock_timeout', '200ms', true);
  execute format('create table prikke.%I (like prikke.%I including defaults including constraints including comments)', v_name, p_parent);
  execute format(
    'alter table prikke.%I add constraint %I check (finished_at >= %L and finished_at < %L)',
    v_name, v_name || '_day', p_day::timestamptz, (p_day + 1)::timestamptz);
  execute format('comment on table prikke.%I is %L', v_name, format('%s of %s.', p_parent, p_day));
  perform prikke.apply_policies(('prikke.' || v_name)::regclass);
  execute format(
    'alter table prikke.%I attach partition prikke.%I for values from (%L) to (%L)',
    p_parent, v_name, p_day::timestamptz, (p_day + 1)::timestamptz);
  return true;
end
$$;

comment on function prikke.make_partition is 'Makes and attaches one day''s partition; false if it stands already.';
