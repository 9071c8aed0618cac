-- Takes a key for a send: answers the given id if the key was free, else what the policy says: `return` answers the id of the
-- execution that has it, `reject` refuses, `replace` cancels that one while it waits and takes the key over. A key is held
-- by a live execution, and beyond it as long as `p_dedupe_for` says. Waits only for another uncommitted send with the same
-- key, at most lock_timeout.
create or replace function prikke.take_send_key(
  p_organization_id uuid,
  p_key text,
  p_id uuid,
  p_on_duplicate text default 'return',
  p_dedupe_for interval default null
)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := prikke.clock();
  v_expires_at constant timestamptz := coalesce(v_now + p_dedupe_for, '-infinity');
  v_holder uuid;
  v_held boolean;
begin
  loop
    insert into prikke.send_key (organization_id, key, execution_id, expires_at)
    values (p_organization_id, p_key, p_id, v_expires_at)
    on conflict do nothing;
    if found then
      return p_id;
    end if;

    if p_on_duplicate <> 'replace' then
      select k.execution_id
      into v_holder
      from prikke.send_key as k
      where k.organization_id = p_organization_id
        and k.key = p_key
        and (k.expires_at > v_now or prikke.is_waited_for(k.organization_id, k.execution_id));
      if found and p_on_duplicate = 'reject' then
        raise exception 'execution % has the key "%"', v_holder, p_key
          using errcode = 'PK409', column = 'key',
            detail = jsonb_build_array(prikke.problem('key', 'duplicate', 'is held by an execution', v_holder::text))::text;
      elsif found then
        return v_holder;
      end if;
    end if;

    -- Spent, or to be replaced. Locked first and judged in a later statement, which sees what the last holder of the lock sent.
    select k.execution_id
    into v_holder
    from prikke.send_key as k
    where k.organization_id = p_organization_id
      and k.key = p_key
    for update;
    continue when not found;
    select prikke.is_waited_for(k.organization_id, k.execution_id)
    into v_held
    from prikke.send_key as k
    where k.organization_id = p_organization_id
      and k.key = p_key;
    if v_held and p_on_duplicate = 'replace' then
      insert into prikke.execution_request (organization_id, execution_id, action, reason, requested_by)
      select e.organization_id, e.id, 'cancel', 'replaced', prikke.current_actor()
      from prikke.live_execution as e
      where e.organization_id = p_organization_id
        and e.id = v_holder
        and e.status = 'pending';
    end if;
    update prikke.send_key as k
    set execution_id = p_id,
        expires_at = v_expires_at
    where k.organization_id = p_organization_id
      and k.key = p_key
      and (p_on_duplicate = 'replace' or (k.expires_at <= v_now and not v_held));
    if found then
      return p_id;
    end if;
  end loop;
exception when lock_not_available then
  raise exception 'another transaction that has not ended yet sends with key "%"', p_key
    using errcode = 'PK409', column = 'key', hint = 'Try again when it has ended.';
end
$$;

comment on function prikke.take_send_key is 'Binds a send''s key to an execution, or answers or refuses by the policy where another has it.';
