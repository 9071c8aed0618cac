-- What is written in the audit stays as it was written.
create or replace function prikke.keep_audit()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'audit entries do not change' using errcode = 'PK403';
end
$$;

comment on function prikke.keep_audit is 'Trigger: refuses to change or empty the audit.';
