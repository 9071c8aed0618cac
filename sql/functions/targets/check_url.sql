-- What is wrong with a URL that is to be called; null when nothing is. Plain public names, which are nearly all, are let
-- through by one look, plain IPv4 addresses by two; whatever is longer, stranger or shorter is taken apart. The guard
-- decides again at the socket, since a name may lead anywhere.
create or replace function prikke.check_url(p_url text, p_field text default 'url')
returns jsonb
language plpgsql
stable
as $$
begin
  if octet_length(p_url) <= 1024
     and p_url ~ '^https?://(?:[a-z0-9][a-z0-9-]*\.)+[a-z]+(?::[1-9][0-9]?[0-9]?[0-9]?)?(?:[/?#][!-\[\]-~]*)?$'
     and p_url not like '%.local%'
     and p_url not like '%.internal%'
     and p_url not like '%home%'
     and p_url not like '%.lan%'
     and p_url not like '%.intranet%'
     and p_url not like '%.private%'
     and p_url not like '%.corp%' then
    return null;
  end if;
  return prikke.judge_url(p_url, p_field);
end
$$;

comment on function prikke.check_url is
  'What is wrong with a URL to be called, as {"field", "code", "message", "hint"}; null when nothing is.';
