-- One job of the caller's organization, by id or by key.
create or replace function prikke.get_job(id uuid)
returns prikke.job
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_job constant prikke.job := (select j from prikke.job as j where j.id = get_job.id);
begin
  if v_job.id is null then
    raise exception 'job % does not exist', get_job.id using errcode = 'PK404', column = 'id';
  end if;
  return v_job;
end
$$;

create or replace function prikke.get_job(key text)
returns prikke.job
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_job constant prikke.job := (select j from prikke.job as j where j.key = get_job.key);
begin
  if v_job.id is null then
    raise exception 'no job has the key "%"', get_job.key using errcode = 'PK404', column = 'key';
  end if;
  return v_job;
end
$$;

comment on function prikke.get_job(uuid) is 'One job by its id. Example: select * from prikke.get_job(id => ''0198…'');';
comment on function prikke.get_job(text) is 'One job by its key. Example: select * from prikke.get_job(key => ''nightly'');';
