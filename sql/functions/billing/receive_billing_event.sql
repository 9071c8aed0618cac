-- Takes over an event of the payment provider whose signature was checked: the same body once, whatever it says kept. The
-- organization is the one that the buyer's checkout was made for, null where there is no proof of it. Answers what came of it.
create or replace function prikke.receive_billing_event(p_body_hash bytea, p_content jsonb, p_organization_id uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c_personal constant text[] := '{user_name,user_email,card_brand,card_last_four,urls}';
  v_now constant timestamptz := prikke.clock();
  v_name constant text := p_content #>> '{meta,event_name}';
  v_data constant jsonb := p_content -> 'data';
  v_kept jsonb := p_content #- '{meta,custom_data}';
  v_outcome text := 'ignored';
begin
  if jsonb_typeof(v_data -> 'attributes') = 'object' then
    v_kept := jsonb_set(v_kept, '{data,attributes}', (v_data -> 'attributes') - c_personal);
  end if;
  insert into prikke.billing_event as b (body_hash, name, subject_kind, subject_id, organization_id, outcome, content, times, received_at, last_received_at)
  values (p_body_hash, left(v_name, 100), left(v_data ->> 'type', 100), left(v_data ->> 'id', 100), p_organization_id, v_outcome, v_kept, 1, v_now, v_now)
  on conflict (body_hash) do nothing;
  if not found then
    update prikke.billing_event as b
    set times = b.times + 1,
        last_received_at = v_now
    where b.body_hash = p_body_hash;
    return 'duplicate';
  end if;
  begin
    if v_name like 'subscription\_%' and v_data ->> 'type' = 'subscriptions' then
      v_outcome := prikke.apply_subscription(v_data, p_organization_id);
    elsif v_name in ('subscription_payment_failed', 'subscription_payment_success', 'subscription_payment_recovered') then
      v_outcome := prikke.apply_payment(v_data, v_name <> 'subscription_payment_failed');
    end if;
  exception when data_exception or integrity_constraint_violation then
    v_outcome := 'invalid';
  end;
  update prikke.billing_event as b
  set outcome = v_outcome
  where b.body_hash = p_body_hash;
  return v_outcome;
end
$$;

comment on function prikke.receive_billing_event is 'Takes over an event of the payment provider, once; answers what came of it.';
