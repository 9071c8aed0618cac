-- What holds for one channel and one job: the job's word before the channel's, the channel's before the organization's.
create or replace function prikke.effective_rules(p_organization_id uuid, p_channel_rules jsonb, p_job_notify jsonb)
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select prikke.default_rules()
    || coalesce((select r.rules from prikke.notification_rule as r where r.organization_id = p_organization_id), '{}')
    || coalesce(p_channel_rules, '{}')
    || coalesce(jsonb_strip_nulls(p_job_notify), '{}')
$$;

comment on function prikke.effective_rules is 'The rules of notifications that hold for a channel and a job.';
