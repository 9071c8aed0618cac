-- The rules that hold for the caller's organization where neither channel nor job says otherwise.
create or replace function prikke.get_notification_rules()
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select prikke.effective_rules(prikke.current_organization(), null, null)
$$;

comment on function prikke.get_notification_rules is 'When this organization is told of what, defaults included. Example: select prikke.get_notification_rules();';
