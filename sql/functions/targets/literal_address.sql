-- The address that a host spells, in every spelling that some client understands: decimal, octal and hexadecimal
-- numbers, fewer than four of them, IPv6 in brackets. Null for names, and for numbers that spell no address.
create or replace function prikke.literal_address(p_host text)
returns inet
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_parts text[];
  v_part text;
  v_digit text;
  v_base integer;
  v_value bigint;
  v_address bigint := 0;
  v_count integer;
begin
  if p_host like '[%' then
    begin
      return trim('[]' from p_host)::inet;
    exception
      when invalid_text_representation then
        return null;
    end;
  end if;
  if p_host ~ '^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!$)|$)){4}$' then
    return p_host::inet;
  end if;
  v_parts := string_to_array(p_host, '.');
  v_count := cardinality(v_parts);
  if v_count > 4 or v_parts[v_count] !~ '^([0-9]+|0x[0-9a-f]*)$' then
    return null;
  end if;
  for i in 1 .. v_count loop
    v_part := v_parts[i];
    v_base := case when v_part ~ '^0x' then 16 when v_part ~ '^0.' then 8 else 10 end;
    v_part := ltrim(case when v_base = 16 then substr(v_part, 3) else v_part end, '0');
    if v_part !~ (case v_base when 16 then '^[0-9a-f]{0,8}$' when 8 then '^[0-7]{0,11}$' else '^[0-9]{0,10}$' end) then
      return null;
    end if;
    v_value := 0;
    foreach v_digit in array string_to_array(v_part, null) loop
      v_value := v_value * v_base + strpos('0123456789abcdef', v_digit) - 1;
    end loop;
    -- The last number fills all the bytes that the others left.
    if v_value >= (case when i = v_count then 1::bigint << (8 * (5 - v_count)) else 256 end) then
      return null;
    end if;
    v_address := v_address + (v_value << (case when i = v_count then 0 else 8 * (4 - i) end));
  end loop;
  return '0.0.0.0'::inet + v_address;
end
$$;

comment on function prikke.literal_address is 'The address that a host spells, whatever the spelling; null when it is a name.';
