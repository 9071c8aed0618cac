-- An address as we keep it: without spaces around it, lower case; null where it cannot be one.
create or replace function prikke.read_email(p_text text)
returns text
language sql
immutable parallel safe
as $$
  select lower(btrim(p_text) collate "C")
  where btrim(p_text) ~ '^[^@[:space:][:cntrl:]<>,;"]+@[^@[:space:][:cntrl:]<>,;"]+$'
    and octet_length(btrim(p_text)) <= 254
$$;

comment on function prikke.read_email is 'A mail address in the form it is kept in; null if it is none.';
