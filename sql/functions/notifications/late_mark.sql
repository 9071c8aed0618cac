-- What keeps a job that runs late again and again from being told more than once a day.
create or replace function prikke.late_mark(p_job_id uuid)
returns text
language sql
stable
as $$
  select format('late %s %s', p_job_id, (prikke.clock() at time zone 'UTC')::date)
$$;

comment on function prikke.late_mark is 'The mark under which a job''s lateness is told once a day.';
