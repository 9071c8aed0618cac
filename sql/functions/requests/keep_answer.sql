-- Keeps the answer to the request that claimed an Idempotency-Key, in the same transaction.
create or replace function prikke.keep_answer(p_key text, p_status integer, p_answer text)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update prikke.idempotency_key as k
  set status = p_status,
      answer = p_answer
  where k.organization_id = case when prikke.current_actor() like 'user:%' then prikke.acting_user() else prikke.current_organization() end
    and k.key = p_key
$$;

comment on function prikke.keep_answer is 'Keeps an answer for repeats of its request; it must hold no secret.';
