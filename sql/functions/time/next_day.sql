-- One mask of matching days for each month: the weekday groups are rotated by the
-- weekday of the first (270549121 is the lowest bit of each group). Initial values
-- cost a tenth of a microsecond each, so constants are written where they are used.
-- 41 years hold every date that ever comes: a 29 February on a given weekday is at
-- most 40 years away.
create or replace function prikke.next_day(p_masks prikke.cron_masks, p_day bigint)
returns bigint
language plpgsql
immutable strict parallel safe
as $$
declare
  v_year    integer := date_part('year', date '1600-01-02' + p_day::integer)::integer;
  v_month   integer := date_part('month', date '1600-01-02' + p_day::integer)::integer;
  v_limit   integer;
  v_first   bigint;  -- day number of the first of the month
  v_length  integer;
  v_weekday integer;  -- of the first
  v_stay    bigint;  -- bits that stay in their group when rotated
  v_days    bigint;
  v_bits    bigint;
begin
  loop
    if p_masks.months >> v_month & 1 = 1 then
      v_first := (make_date(v_year, v_month, 1) - date '1600-01-02')::bigint;
      v_length := case
        when v_month <> 2 then 30 + (v_month + v_month / 8) % 2
        when v_year % 4 = 0 and (v_year % 100 <> 0 or v_year % 400 = 0) then 29
        else 28
      end;

      v_bits := p_masks.weekdays;
      if v_bits <> 34359738367 then
        v_weekday := (v_first % 7)::integer;
        v_stay := ((128 >> v_weekday) - 1) * 270549121::bigint;
        v_bits := (v_bits >> v_weekday & v_stay) | (v_bits << 7 - v_weekday & ~v_stay);
        if p_masks.last_weekdays <> 0 then
          v_bits := v_bits | (127::bigint << v_length - 7 & (
            (p_masks.last_weekdays >> v_weekday & v_stay) | (p_masks.last_weekdays << 7 - v_weekday & ~v_stay)));
        end if;
      end if;

      v_days := p_masks.days;
      if p_masks.special_days then
        v_days := v_days | prikke.special_days(p_masks, (v_first % 7)::integer, v_length);
      end if;

      v_bits := (case when p_masks.both_days then v_days & v_bits else v_days | v_bits end)
        & (1::bigint << v_length) - 1;
      if p_day > v_first then
        v_bits := v_bits >> (p_day - v_first)::integer;
        v_first := p_day;
      end if;
      if v_bits <> 0 then
        return v_first + (ln(v_bits & -v_bits) * 1.4426950408889634)::bigint;
      end if;
    end if;

    v_month := v_month + 1;
    v_bits := p_masks.months >> v_month;
    if v_bits = 0 then
      v_year := v_year + 1;
      v_month := 0;
      v_bits := p_masks.months;
      v_limit := coalesce(v_limit, v_year + 40);
      if v_year > v_limit then
        return null;
      end if;
    end if;
    v_month := v_month + (ln(v_bits & -v_bits) * 1.4426950408889634)::integer;
  end loop;
end
$$;

comment on function prikke.next_day(prikke.cron_masks, bigint) is
  'The first day at or after one, both counted from 1600-01-02, that a cron expression matches; null when none comes.';
