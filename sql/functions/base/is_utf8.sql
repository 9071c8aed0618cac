-- Whether bytes are text that can be searched: valid UTF-8 without NUL.
create or replace function prikke.is_utf8(p_bytes bytea)
returns boolean
language plpgsql
immutable parallel safe
as $$
begin
  if p_bytes is null or position('\x00'::bytea in p_bytes) > 0 then
    return false;
  end if;
  perform convert_from(p_bytes, 'UTF8');
  return true;
exception when character_not_in_repertoire or untranslatable_character then
  return false;
end
$$;

comment on function prikke.is_utf8 is 'Whether bytes can be read as text.';
