-- All that is wrong with a channel as it is to be.
create or replace function prikke.channel_problems(p_channel prikke.channel)
returns jsonb
language plpgsql
stable
as $$
declare
  v_problems jsonb := '[]';
  v_problem constant jsonb := prikke.target_problem(p_channel.kind, p_channel.target_secret);
begin
  if coalesce(btrim(p_channel.name), '') = '' or char_length(p_channel.name) > 200 or p_channel.name ~ '[[:cntrl:]]' then
    v_problems := v_problems || prikke.problem('name', 'invalid', 'must have 1 to 200 characters and no control characters');
  end if;
  if v_problem is not null then
    v_problems := v_problems || v_problem;
  end if;
  return v_problems || prikke.rules_problems(p_channel.rules, 'rules', '{events,remind_every,recovery,quiet_hours}');
end
$$;

comment on function prikke.channel_problems is 'All that is wrong with a channel; an empty array when nothing is.';
