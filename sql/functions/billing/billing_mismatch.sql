-- Why something of the provider's is not ours: it belongs to another shop of the account, or was paid with play money.
create or replace function prikke.billing_mismatch(p_fields jsonb)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when p_fields ->> 'store_id' is distinct from b.billing ->> 'store_id' then 'other_store'
    when coalesce(p_fields ->> 'test_mode', 'false') <> coalesce(b.billing ->> 'test_mode', 'false') then 'other_mode'
  end
  from (select prikke.setting_value('billing') as billing) as b
$$;

comment on function prikke.billing_mismatch is 'other_store or other_mode where something of the provider''s is not ours; null where it is.';
