-- The rules of whoever has set none. `after` stands at the job: 1 where it runs daily or more rarely, else 3.
create or replace function prikke.default_rules()
returns jsonb
language sql
immutable parallel safe
as $$
  select jsonb '{"remind_every": "1 day", "recovery": true, "mute": false, "quiet_hours": false, "events":
    ["failing", "recovered", "missed", "late", "set_aside", "gone", "held", "usage_80", "usage_100", "host_down", "host_up", "hook_loop"]}'
$$;

comment on function prikke.default_rules is 'When people are told of what, where they set nothing else.';
