-- Takes a key for a send: answers the given id if the key was free, else the id of the execution that has it.
-- Waits only for another uncommitted send with the same key, at most lock_timeout.
create or replace function prikke.take_send_key(p_organization_id uuid, p_key text, p_id uuid)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_holder uuid;
begin
  loop
    insert into prikke.send_key (organization_id, key, execution_id)
    values (p_organization_id, p_key, p_id)
    on conflict do nothing;
    if found then
      return p_id;
    end if;

    select k.execution_id
    into v_holder
    from prikke.send_key as k
    where k.organization_id = p_organization_id
      and k.key = p_key
      and (k.expires_at > prikke.clock()
        or exists (
          select
          from prikke.live_execution as e
          where e.organization_id = k.organization_id
            and e.id = k.execution_id));
    if found then
      return v_holder;
    end if;

    -- Spent. Locked first and judged in a later statement, which sees what the last holder of the lock has sent.
    perform from prikke.send_key as k
    where k.organization_id = p_organization_id
      and k.key = p_key
    for update;
    update prikke.send_key as k
    set execution_id = p_id,
        expires_at = '-infinity'
    where k.organization_id = p_organization_id
      and k.key = p_key
      and k.expires_at <= prikke.clock()
      and not exists (
        select
        from prikke.live_execution as e
        where e.organization_id = k.organization_id
          and e.id = k.execution_id);
    if found then
      return p_id;
    end if;
  end loop;
exception when lock_not_available then
  raise exception 'another transaction that has not ended yet sends with key "%"', p_key
    using errcode = 'PK409', column = 'key', hint = 'Try again when it has ended.';
end
$$;

comment on function prikke.take_send_key is 'Binds a send''s key to an execution, or answers which live one has it.';
