-- One mask of matching days for each month: the weekday groups are rotated by the
-- weekday of the first. 41 years hold every combination that ever comes, since a
-- 29 February on a given weekday is at most 40 years away.
create or replace function prikke.next_day(p_masks prikke.cron_masks, p_day bigint)
returns bigint
language plpgsql
immutable strict parallel safe
as $$
declare
  c_bits      constant float8 := 1.4426950408889634;  -- 1 / ln(2)
  c_groups    constant bigint := 270549121;  -- the lowest bit of each of the five groups
  v_date      date := date '1600-01-02' + p_day::integer;
  v_year      integer := date_part('year', v_date);
  v_month     integer := date_part('month', v_date);
  v_last_year integer := v_year + 41;
  v_from      bigint := p_day;
  v_first     bigint;  -- day number of the first of the month
  v_length    integer;
  v_weekday   integer;  -- of the first
  v_stay      bigint;  -- bits of a group that stay in it when rotated
  v_days      bigint;
  v_weekdays  bigint;
  v_last      integer;  -- weekday of the last day
  v_bits      bigint;
begin
  loop
    if p_masks.months >> v_month & 1 = 1 then
      v_first := make_date(v_year, v_month, 1) - date '1600-01-02';
      v_length := case
        when v_month <> 2 then 30 + (v_month + v_month / 8) % 2
        when v_year % 4 = 0 and (v_year % 100 <> 0 or v_year % 400 = 0) then 29
        else 28
      end;
      v_weekday := v_first % 7;
      v_stay := ((128 >> v_weekday) - 1) * c_groups;
      v_days := p_masks.days;
      v_weekdays := ((p_masks.weekdays >> v_weekday) & v_stay) | ((p_masks.weekdays << 7 - v_weekday) & ~v_stay);

      if p_masks.last_weekdays <> 0 then
        v_bits := ((p_masks.last_weekdays >> v_weekday) & v_stay) | ((p_masks.last_weekdays << 7 - v_weekday) & ~v_stay);
        v_weekdays := v_weekdays | (v_bits & (127::bigint << v_length - 7));
      end if;
      if p_masks.last_day then
        v_days := v_days | (1::bigint << v_length - 1);
      end if;
      if p_masks.last_workday then
        v_last := (v_weekday + v_length - 1) % 7;
        v_days := v_days | (1::bigint << v_length - 1 - case v_last when 0 then 2 when 6 then 1 else 0 end);
      end if;
      if p_masks.nearest_days <> 0 then
        v_days := v_days | prikke.nearest_workdays(p_masks.nearest_days, v_weekday, v_length);
      end if;

      v_bits := case when p_masks.both_days then v_days & v_weekdays else v_days | v_weekdays end;
      v_bits := v_bits & ((1::bigint << v_length) - 1);
      if v_from > v_first then
        v_bits := v_bits >> (v_from - v_first)::integer;
      else
        v_from := v_first;
      end if;
      if v_bits <> 0 then
        return v_from + (ln(v_bits & -v_bits) * c_bits)::bigint;
      end if;
    end if;

    v_bits := p_masks.months >> v_month + 1;
    if v_bits = 0 then
      v_year := v_year + 1;
      v_month := 0;
      v_bits := p_masks.months;
      if v_year > v_last_year then
        return null;
      end if;
    else
      v_month := v_month + 1;
    end if;
    v_month := v_month + (ln(v_bits & -v_bits) * c_bits)::integer;
    v_from := 0;
  end loop;
end
$$;

comment on function prikke.next_day(prikke.cron_masks, bigint) is
  'The first day at or after one, both counted from 1600-01-02, that a cron expression matches; null when none comes.';
