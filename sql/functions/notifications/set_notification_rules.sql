-- Sets the rules of notifications of the caller's organization, all of them: what is left out has its default.
create or replace function prikke.set_notification_rules(rules jsonb)
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_organization_id constant uuid := prikke.current_organization();
begin
  perform prikke.require_role('admin');
  perform prikke.refuse(
    case when rules is null then jsonb_build_array(prikke.problem('rules', 'required', 'is missing', '{} stands for the defaults.')) else '[]' end
    || prikke.rules_problems(rules, 'rules', '{after,of,events,remind_every,recovery,quiet_hours}'));
  insert into prikke.notification_rule as r (organization_id, rules, updated_at)
  values (v_organization_id, jsonb_strip_nulls(rules), prikke.clock())
  on conflict (organization_id) do update
  set rules = excluded.rules,
      updated_at = excluded.updated_at;
  return prikke.get_notification_rules();
end
$$;

comment on function prikke.set_notification_rules is
  'Sets when this organization is told: after N failures in a row or of M, reminders, recovery, quiet hours, events. Example: select prikke.set_notification_rules(rules => ''{"after": 2, "remind_every": "4 hours"}'');';
