-- Fields are counted from 1, seconds, to 6, day of week, where 7 is Sunday too.
create or replace function prikke.parse_cron_field(p_text text, p_field integer, p_hash bytea)
returns bigint
language plpgsql
immutable parallel safe
as $$
declare
  v_low   integer := case when p_field in (4, 5) then 1 else 0 end;
  v_high  integer := case p_field when 3 then 23 when 4 then 31 when 5 then 12 when 6 then 7 else 59 end;
  v_mask  bigint := 0::bigint;
  v_item  text;
  v_body  text;
  v_from  integer;
  v_until integer;
  v_step  integer;
  v_hash  bigint;
  v_bits  bigint;
begin
  if p_text ~ '^[0-9]{1,2}$' and p_text::integer between v_low and v_high then
    return 1::bigint << p_text::integer;
  elsif p_text = '*' then
    return (1::bigint << v_high + 1) - (1::bigint << v_low);
  end if;

  foreach v_item in array string_to_array(p_text, ',') loop
    if v_item !~ '^(?:\*|(?:[0-9]{1,2}|[A-Z]{3})(?:-(?:[0-9]{1,2}|[A-Z]{3}))?|H(?:\([0-9]{1,2}-[0-9]{1,2}\))?)(?:/[0-9]{1,4})?$' then
      perform prikke.refuse_cron_item(v_item, p_field, v_low, v_high);
    end if;

    v_body := split_part(v_item, '/', 1);
    v_step := nullif(split_part(v_item, '/', 2), '')::integer;
    v_from := v_low;
    v_until := v_high;
    if v_body = '*' then
      null;
    elsif v_body = 'H' then
      v_until := case p_field when 4 then 28 when 6 then 6 else v_high end;
    else
      v_body := ltrim(rtrim(v_body, ')'), 'H(');
      v_from := prikke.cron_value(split_part(v_body, '-', 1), p_field);
      v_until := case
        when strpos(v_body, '-') = 0 then v_from
        when p_field = 6 and split_part(v_body, '-', 2) = 'SUN' then 7
        else prikke.cron_value(split_part(v_body, '-', 2), p_field)
      end;
    end if;

    if not coalesce(v_from <= v_until and v_from >= v_low and v_until <= v_high, false)
      or v_step not between 1 and v_high - v_low + (p_field <> 6)::integer
      or v_step is not null and v_item ~ '^[0-9A-Z]{1,3}/' and v_body <> 'H'
      or v_step > v_until - v_from + 1 and left(v_item, 1) = 'H'
    then
      perform prikke.refuse_cron_item(v_item, p_field, v_low, v_high);
    end if;

    if left(v_item, 1) = 'H' then
      v_hash := ('x' || encode(substr(p_hash, p_field * 4 - 3, 4), 'hex'))::bit(32)::bigint;
      if v_step is null then
        v_from := v_from + (v_hash % (v_until - v_from + 1))::integer;
        v_until := v_from;
      else
        v_from := v_from + (v_hash % v_step)::integer;
      end if;
    end if;

    -- Every nth bit by doubling, cut to the range; one bit after the other is slower.
    v_bits := 1;
    v_step := coalesce(v_step, 1);
    while v_step <= v_until - v_from loop
      v_bits := v_bits | (v_bits << v_step);
      v_step := v_step * 2;
    end loop;
    v_mask := v_mask | ((v_bits & ((1::bigint << v_until - v_from + 1) - 1)) << v_from);
  end loop;

  if v_mask = 0 then
    perform prikke.refuse_cron_item('', p_field, v_low, v_high);
  end if;

  return v_mask;
end
$$;

comment on function prikke.parse_cron_field(text, integer, bytea) is
  'One field of a cron expression, of values, ranges, steps and H, as a mask whose bit n is the value n.';
