-- Gives links to invitations that were made where none could be: with a key, or in SQL. Oldest first, as many as there are
-- hashes of links that the caller has made and now mails; each invitation once, whoever asks beside. Who invited is called
-- by what people know.
create or replace function prikke.mail_invitations(p_token_hashes bytea[])
returns table (token_hash bytea, email text, role text, organization text, invited_by text, days integer)
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with waiting as materialized (
    select i.organization_id, i.id, row_number() over (order by i.created_at, i.id) as number
    from (
      select x.*
      from prikke.invitation as x
      where x.token_hash is null
        and prikke.invitation_holds(x)
      order by x.created_at, x.id
      limit cardinality(p_token_hashes)
      for update skip locked
    ) as i
  ), linked as (
    update prikke.invitation as i
    set token_hash = p_token_hashes[w.number]
    from waiting as w
    where i.organization_id = w.organization_id
      and i.id = w.id
    returning i.*
  )
  select l.token_hash, l.email, l.role, o.name,
    case split_part(l.invited_by, ':', 1)
      when 'user' then (select u.email from prikke.app_user as u where 'user:' || u.id = l.invited_by)
      when 'key' then (
        select format('The key "%s"', k.name)
        from prikke.api_key as k
        where k.organization_id = l.organization_id
          and 'key:' || k.id = l.invited_by)
      else 'Whoever runs this Prikke'
    end,
    ceil(extract(epoch from l.expires_at - prikke.clock()) / 86400)::integer
  from linked as l
  join prikke.organization as o on o.id = l.organization_id
$$;

comment on function prikke.mail_invitations is 'Takes invitations that no mail has gone out for, each under the hash of one of the given links, for the web process to mail.';
