-- A host as resolvers see it: lower case, without the dot at its end. Null when it is no valid host, or hides
-- ASCII behind characters that a client would fold into it (full-width digits, circled letters).
create or replace function prikke.plain_host(p_host text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_host text := lower(p_host collate "C");
begin
  if v_host like '[%' then
    return v_host;
  end if;
  if v_host like '%.' then
    v_host := left(v_host, -1);
  end if;
  if v_host ~ '[^\u0001-\u007f]' then
    if getdatabaseencoding() <> 'UTF8' or v_host is not nfkc normalized or v_host ~ '[\u3002\uff0e\uff61]' then
      return null;
    end if;
  end if;
  if octet_length(v_host) not between 1 and 253
     or v_host ~ '^[.-]|[.-]$|\.[.-]|-\.|[^.]{64}'
     or v_host ~ '[^a-z0-9_.\u00b7-\U0010FFFF-]' then
    return null;
  end if;
  return v_host;
end
$$;

comment on function prikke.plain_host is 'A host in lower case without a dot at its end; null when it is not valid.';
