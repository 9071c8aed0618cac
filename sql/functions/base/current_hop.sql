-- How many hooks lie between the caller and whatever began: the setting prikke.hop, from the header X-Prikke-Hop of a request.
create or replace function prikke.current_hop()
returns smallint
language sql
stable parallel safe
as $$
  select case when current_setting('prikke.hop', true) ~ '^\d{1,3}$' then current_setting('prikke.hop', true)::smallint else 0::smallint end
$$;

comment on function prikke.current_hop is 'How far down a chain of hooks the caller is; 0 where it is in none.';
