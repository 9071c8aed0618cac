-- Takes an Idempotency-Key for the transaction at hand. A repeat of a finished request ends here with PK200 and its answer
-- in DETAIL, so that what follows in the pipeline is not done again; one with another body is refused. Whoever comes while
-- the first is still at work waits for it. What a person sends is kept under that person, who may belong to no organization.
create or replace function prikke.claim_answer(p_key text, p_fingerprint bytea)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_organization_id constant uuid := case when prikke.current_actor() like 'user:%' then prikke.acting_user() else prikke.current_organization() end;
  v_now constant timestamptz := prikke.clock();
  v_kept prikke.idempotency_key;
begin
  delete from prikke.idempotency_key as k
  where k.organization_id = v_organization_id
    and k.key = p_key
    and k.created_at < v_now - interval '24 hours';
  insert into prikke.idempotency_key (organization_id, key, fingerprint, created_at)
  values (v_organization_id, p_key, p_fingerprint, v_now)
  on conflict do nothing;
  if found then
    return;
  end if;
  select k.*
  into v_kept
  from prikke.idempotency_key as k
  where k.organization_id = v_organization_id
    and k.key = p_key;
  if v_kept.fingerprint is distinct from p_fingerprint then
    perform prikke.refuse(jsonb_build_array(prikke.problem(
      'Idempotency-Key', 'key_reused', 'was used for another request within the last 24 hours', 'Take a new key for a new request.')));
  end if;
  raise exception 'answered before'
    using errcode = 'PK200', detail = jsonb_build_object('status', v_kept.status, 'answer', v_kept.answer)::text;
exception when lock_not_available then
  raise exception 'a request with this Idempotency-Key is still being worked on'
    using errcode = 'PK409', constraint = 'in_progress', hint = 'Repeat it in a moment.';
end
$$;

comment on function prikke.claim_answer is 'Takes an Idempotency-Key; PK200 with the kept answer for a repeat, PK422 for another request.';
