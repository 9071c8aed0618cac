-- What a body is taken for when nobody says: JSON if it begins like an object or array, else plain text.
create or replace function prikke.guess_content_type(p_body text)
returns text
language sql
immutable parallel safe
as $$
  select case
    when p_body is null or p_body = '' then null
    when p_body ~ '^\s*[\[{]' then 'application/json'
    else 'text/plain; charset=utf-8'
  end
$$;

comment on function prikke.guess_content_type is 'Content type of a body without one: application/json, or text/plain in UTF-8; null for no body.';
