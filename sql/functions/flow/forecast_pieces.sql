-- The wall clocks of time zones between two instants, in pieces that lie in one bucket and one local day and have one offset
-- from UTC. Where clocks were changed, what a fixed time does is not arithmetic (it may be skipped or come twice): those
-- pieces are not regular. Seconds count from 1970, days from 1600-01-02 as next_day counts them.
create or replace function prikke.forecast_pieces(p_timezones text[], p_since bigint, p_until bigint, p_bucket bigint)
returns table (
  timezone text,
  bucket bigint,
  day bigint,
  from_second integer,
  until_second integer,
  begins bigint,
  regular boolean
)
language plpgsql
stable parallel safe
as $$
declare
  v_timezone text;
  v_zones text[] := '{}';
  v_begins bigint[] := '{}';
  v_ends bigint[] := '{}';
  v_offsets bigint[] := '{}';
  v_regular boolean[] := '{}';
  v_at bigint;
  v_look bigint;
  v_offset bigint;
  v_after bigint;
  v_change bigint;
begin
  foreach v_timezone in array p_timezones loop
    v_at := p_since;
    v_look := p_since - 86400;
    v_offset := prikke.wall_clock(v_timezone, v_look) - v_look;
    while v_look < p_until loop
      v_after := prikke.wall_clock(v_timezone, v_look + 86400) - v_look - 86400;
      if v_after <> v_offset then
        v_change := prikke.zone_change(v_timezone, v_look, v_look + 86400);
        if v_change > v_at then
          v_zones := v_zones || v_timezone;
          v_begins := v_begins || v_at;
          v_ends := v_ends || least(v_change, p_until);
          v_offsets := v_offsets || v_offset;
          v_regular := v_regular || true;
        end if;
        v_at := greatest(v_at, v_change);
        v_change := v_change + greatest(v_offset - v_after, 1);
        if v_change > v_at then
          v_zones := v_zones || v_timezone;
          v_begins := v_begins || v_at;
          v_ends := v_ends || least(v_change, p_until);
          v_offsets := v_offsets || v_after;
          v_regular := v_regular || false;
        end if;
        v_at := greatest(v_at, v_change);
        v_offset := v_after;
      end if;
      v_look := v_look + 86400;
    end loop;
    v_zones := v_zones || v_timezone;
    v_begins := v_begins || v_at;
    v_ends := v_ends || p_until;
    v_offsets := v_offsets || v_offset;
    v_regular := v_regular || true;
  end loop;

  return query
    select s.zone, b.bucket, d.day + 135139,
      (greatest(s.begins, b.bucket, d.day * 86400 - s.shift) + s.shift - d.day * 86400)::integer,
      (least(s.ends, b.bucket + p_bucket, (d.day + 1) * 86400 - s.shift) + s.shift - d.day * 86400)::integer,
      greatest(s.begins, b.bucket, d.day * 86400 - s.shift), s.regular
    from unnest(v_zones, v_begins, v_ends, v_offsets, v_regular) as s (zone, begins, ends, shift, regular)
    cross join lateral generate_series(s.begins - s.begins % p_bucket, s.ends - 1, p_bucket) as b (bucket)
    cross join lateral generate_series(
      (greatest(s.begins, b.bucket) + s.shift) / 86400, (least(s.ends, b.bucket + p_bucket) - 1 + s.shift) / 86400) as d (day)
    where s.begins < s.ends;
end
$$;

comment on function prikke.forecast_pieces is 'Local times of zones between two instants, cut at buckets, midnights and clock changes.';
