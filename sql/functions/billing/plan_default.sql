-- What a plan allows, where an organization has nothing of its own; null for without end.
create or replace function prikke.plan_default(p_tier text, p_name text)
returns bigint
language sql
immutable parallel safe
as $$
  select case p_name
    when 'jobs' then case p_tier when 'free' then 5 end
    when 'executions' then case p_tier when 'free' then 5000 else 250000 end
    when 'retention_days' then case p_tier when 'free' then 7 else 30 end
  end::bigint
$$;

comment on function prikke.plan_default is 'A limit of a plan (jobs, executions a month, retention_days); null for none.';
