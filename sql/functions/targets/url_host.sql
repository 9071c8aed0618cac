-- Host and port of a URL, as flow control counts them.
create or replace function prikke.url_host(p_url text)
returns text
language sql
immutable parallel safe
as $$
  select lower(substring(p_url from '^[a-zA-Z]+://([^/?#]+)'))
$$;

comment on function prikke.url_host is 'Host and port of a URL in lower case; null for what is no URL.';
