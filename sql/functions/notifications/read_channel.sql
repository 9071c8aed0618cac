-- Where a notification goes; read by the runner that sends it. No row: the channel is gone.
create or replace function prikke.read_channel(p_organization_id uuid, p_channel_id uuid)
returns table (kind text, name text, target text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.kind, c.name, c.target_secret
  from prikke.channel as c
  where c.organization_id = p_organization_id
    and c.id = p_channel_id
$$;

comment on function prikke.read_channel is 'Kind, name and whole address of a channel. Runners only.';
