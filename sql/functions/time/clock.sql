-- now() stands still in a caller's long transaction, so a due time could pass unseen.
create or replace function prikke.clock()
returns timestamptz
language sql
stable parallel safe
as $$
  select statement_timestamp()
$$;

comment on function prikke.clock() is 'The only source of the current time; tests replace it. Example: select prikke.clock();';
