create or replace function prikke.upcoming_runs(
  expression text,
  timezone   text,
  after      timestamptz default null,
  count      integer default 10,
  seed       text default null
)
returns setof timestamptz
language plpgsql
stable parallel safe security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
declare
  v_masks prikke.cron_masks := prikke.parse_cron(expression, seed);
  v_at    timestamptz := coalesce(after, prikke.clock());
begin
  if not prikke.is_time_zone(timezone) then
    perform prikke.refuse_timezone(timezone);
  end if;
  if not count between 0 and 10000 then
    perform prikke.refuse_schedule('count', 'range', 'The count is not between 0 and 10000.', null);
  end if;

  for v_number in 1 .. count loop
    v_at := prikke.next_run(v_masks, timezone, v_at);
    exit when v_at is null;
    return next v_at;
  end loop;
end
$$;

comment on function prikke.upcoming_runs(text, text, timestamptz, integer, text) is
  'The next runs of a cron expression in a time zone, each strictly later than the one before; from now unless told. Example: select * from prikke.upcoming_runs(''0 9 * * 1-5'', ''Europe/Oslo'', count => 3);';
