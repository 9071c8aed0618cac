-- Searches the wall clock field by field with bit masks, then turns what it found
-- into an instant. All is counted in whole seconds, since adding an interval to a
-- timestamptz would read the session's TimeZone; the wall clock from Sunday
-- 1600-01-02 (11676009600 seconds before 1970), so that a day's number modulo seven is
-- its weekday. The number of the lowest set bit of x is log2(x & -x). docs/time.md tells the rule of clock changes.
create or replace function prikke.next_run(p_masks prikke.cron_masks, p_timezone text, p_after timestamptz)
returns timestamptz
language plpgsql
stable strict parallel safe
as $$
declare
  v_after  bigint;
  v_wall   bigint;  -- the run is strictly later than this
  v_offset bigint;  -- from v_after to v_wall
  v_day    bigint;
  v_second bigint;  -- of the day
  v_time   bigint;  -- the second of the day found
  v_bits   bigint;
  v_at     bigint;  -- the instant, if no clock changes until then
  v_found  bigint;
  v_until  bigint;
  v_limit  bigint;
begin
  if not date_part('epoch', p_after) between -11600000000 and 250000000000 then  -- years 1602 to 9892
    return null;
  end if;

  v_after := floor(date_part('epoch', p_after))::bigint;
  v_wall := 11676009600 + case p_timezone
    when 'UTC' then v_after
    else floor(date_part('epoch', timezone(p_timezone, p_after)))::bigint
  end;
  v_offset := v_wall - v_after;

  loop
    v_wall := v_wall + case p_masks.seconds when 1 then 60 - v_wall % 60 else 1 end;
    v_day := v_wall / 86400;
    v_second := v_wall % 86400;

    v_time := null;
    if p_masks.hours >> (v_second / 3600)::integer & 1 = 1 then
      if p_masks.minutes >> (v_second / 60 % 60)::integer & 1 = 1 then
        v_bits := p_masks.seconds >> (v_second % 60)::integer;
        if v_bits <> 0 then
          v_time := v_second + (ln(v_bits & -v_bits) * 1.4426950408889634)::bigint;
        end if;
      end if;
      if v_time is null then
        v_bits := p_masks.minutes >> (v_second / 60 % 60 + 1)::integer;
        if v_bits <> 0 then
          v_time := (v_second / 60 + 1 + (ln(v_bits & -v_bits) * 1.4426950408889634)::bigint) * 60 + p_masks.first_in_hour % 60;
        end if;
      end if;
    end if;
    if v_time is null then
      v_bits := p_masks.hours >> (v_second / 3600 + 1)::integer;
      if v_bits <> 0 then
        v_time := (v_second / 3600 + 1 + (ln(v_bits & -v_bits) * 1.4426950408889634)::bigint) * 3600 + p_masks.first_in_hour;
      else
        v_day := v_day + 1;
        v_time := p_masks.first_in_day;
      end if;
    end if;

    if p_masks.weekly then
      v_bits := p_masks.weekdays >> (v_day % 7)::integer;
      if v_bits & 1 = 0 then
        v_day := v_day + (ln(v_bits & -v_bits) * 1.4426950408889634)::bigint;
        v_time := p_masks.first_in_day;
      end if;
    else
      v_bits := v_day;
      v_day := prikke.next_day(p_masks, v_day);
      if v_day is null then
        return null;
      elsif v_day > v_bits then
        v_time := p_masks.first_in_day;
      end if;
    end if;

    v_wall := v_day * 86400 + v_time;
    v_at := v_wall - v_offset;

    -- No clock change that matters: the offset is the one at v_after, and for a fixed
    -- time it was a day before as well, so that the hour is not repeated.
    if p_timezone = 'UTC' then
      return to_timestamp(v_at);
    end if;
    if date_part('epoch', timezone(p_timezone, to_timestamp(v_at))) = v_wall - 11676009600 then
      if p_masks.wildcard then
        if v_at - v_after <= 86400 then
          return to_timestamp(v_at);
        end if;
      elsif date_part('epoch', timezone(p_timezone, to_timestamp(v_at - 86400))) = v_wall - 11676009600 - 86400 then
        return to_timestamp(v_at);
      end if;
    elsif not p_masks.wildcard then
      -- A clock change lies between, far from both: the offset is the one found there.
      v_at := v_at + v_wall - 11676009600 - date_part('epoch', timezone(p_timezone, to_timestamp(v_at)))::bigint;
      if v_at > v_after
         and date_part('epoch', timezone(p_timezone, to_timestamp(v_at))) = v_wall - 11676009600
         and date_part('epoch', timezone(p_timezone, to_timestamp(v_at - 86400))) = v_wall - 11676009600 - 86400 then
        return to_timestamp(v_at);
      end if;
    end if;

    v_found := date_part('epoch',
      prikke.local_instant(timezone('UTC', to_timestamp(v_wall - 11676009600)), p_timezone))::bigint;

    if not p_masks.wildcard then
      if v_found > v_after then
        return to_timestamp(v_found);
      end if;
      -- In the second pass of a repeated hour: go on from where the clock was put back.
      v_wall := prikke.zone_change(p_timezone, v_found, v_after) + v_wall - v_found - 1;
    else
      v_until := least(v_at, v_after + 86400);
      if prikke.wall_clock(p_timezone, v_until) + 11676009600 - v_until <> v_offset then
        v_after := prikke.zone_change(p_timezone, v_after, v_until);
      elsif prikke.wall_clock(p_timezone, v_found) = v_wall - 11676009600 then
        return to_timestamp(v_found);
      else
        v_after := v_found;
      end if;
      -- Every match before this change is ruled out: go on from what the clock shows after it.
      v_limit := coalesce(v_limit, v_after + 1600000000);
      if v_after > v_limit then  -- 50 years: hours that a clock change always skips never come
        return null;
      end if;
      v_offset := prikke.wall_clock(p_timezone, v_after) + 11676009600 - v_after;
      v_wall := v_after + v_offset - 1;
    end if;
  end loop;
end
$$;

comment on function prikke.next_run(prikke.cron_masks, text, timestamptz) is
  'The first run strictly later than an instant, from a parsed cron expression; null when none comes.';

-- The zone is checked here, since Postgres would take Foo+5 for one. A definer, so that
-- a login with rights on public functions alone can call it.
create or replace function prikke.next_run(expression text, timezone text, after timestamptz, seed text default null)
returns timestamptz
language plpgsql
stable parallel safe security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if timezone <> 'UTC' and not prikke.is_time_zone(timezone) then
    perform prikke.refuse_timezone(timezone);
  end if;

  return prikke.next_run(prikke.parse_cron(expression, seed), timezone, after);
end
$$;

comment on function prikke.next_run(text, text, timestamptz, text) is
  'The first run of a cron expression in a time zone, strictly later than an instant; null when none comes. H takes its value from the seed, else from the expression. Example: select prikke.next_run(''0 9 * * 1-5'', ''Europe/Oslo'', prikke.clock());';
