-- A channel's address as people see it: of a web address its host, since who knows the rest may write there.
create or replace function prikke.shown_target(p_kind text, p_target text)
returns text
language sql
immutable parallel safe
as $$
  select case
    when p_kind = 'email' then p_target
    when p_target ~* '^https?://[^/?#]+[/?#].' then substring(p_target from '^[A-Za-z]+://[^/?#]+') || '/••••••'
    else p_target
  end
$$;

comment on function prikke.shown_target is 'The address of a channel with what must stay secret masked.';
