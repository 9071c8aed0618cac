-- Why an address must not be called on a port; null when it may. What the operator denies comes first, then what the
-- operator allows, then the table of ranges, of which the narrowest gives the reason.
create or replace function prikke.target_refusal(p_address inet, p_port integer)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_allow jsonb;
  v_deny jsonb;
  v_reason text;
begin
  select
    (select s.value from prikke.setting as s where s.name = 'allow_targets'),
    (select s.value from prikke.setting as s where s.name = 'deny_targets')
  into v_allow, v_deny;
  if v_deny <> '[]' and prikke.target_listed(v_deny, p_address, p_port) then
    return 'denied by the operator';
  end if;
  if v_allow <> '[]' and prikke.target_listed(v_allow, p_address, p_port) then
    return null;
  end if;
  select r.reason
  into v_reason
  from prikke.refused_range as r
  where r.network >>= p_address
  order by masklen(r.network) desc
  limit 1;
  return v_reason;
end
$$;

comment on function prikke.target_refusal is 'Why an address must not be called on this port: denied, or in a refused range; null when it may.';
