-- Row-level security of one table, enabled and forced. What stands already is left alone, since
-- each change would lock the table; the comment on a policy says what it was made from.
create or replace function prikke.apply_policies(p_table regclass)
returns integer
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_table record;
  v_policy record;
  v_changes integer := 0;
  -- With one login for everything, a search path that only engine functions set stands for the role.
  v_is_engine constant text := 'position(''prikke_engine'' in current_setting(''search_path'')) > 0';
begin
  select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity,
    c.relowner::regrole::text = 'prikke_owner' as has_roles,
    (select a.attname
     from pg_attribute as a
     where a.attrelid = c.oid
       and not a.attisdropped
       and a.attname = case when c.relname = 'organization' then 'id' else 'organization_id' end
       and c.relname <> all (prikke.shared_tables())) as tenant_column
  into strict v_table
  from pg_class as c
  where c.oid = p_table;
  if not v_table.relrowsecurity then
    execute format('alter table %s enable row level security', p_table);
    v_changes := v_changes + 1;
  end if;
  if not v_table.relforcerowsecurity then
    execute format('alter table %s force row level security', p_table);
    v_changes := v_changes + 1;
  end if;
  for v_policy in
    with wanted (name, role, command, expression) as (
      -- Of the audit a tenant function may read; a trigger of the engine writes it.
      select 'tenant', case when v_table.has_roles then 'prikke_owner' else 'public' end,
        case when v_table.relname = 'audit_entry' then 'select' else 'all' end,
        -- Twice the condition: a row that changed under `for update` has its subqueries evaluated beforehand.
        format(case when v_table.has_roles then '%1$I = (select prikke.current_organization())'
          else 'case when %2$s then true else %1$I = '
            '(select case when %2$s then null else prikke.current_organization() end) end' end,
          v_table.tenant_column, v_is_engine)
      where v_table.tenant_column is not null
      union all
      select 'engine', case when v_table.has_roles then 'prikke_engine' else 'public' end, 'all',
        case when v_table.has_roles then 'true' else v_is_engine end
      where v_table.relname not like 'migration%'
        and (v_table.has_roles or v_table.tenant_column is null or v_table.relname = 'audit_entry')
      union all
      -- Only their owner has any right on these.
      select 'installer', 'public', 'all', 'true'
      where v_table.relname like 'migration%'
    ),
    present as (
      select p.polname as name, obj_description(p.oid, 'pg_policy') as made_from
      from pg_policy as p
      where p.polrelid = p_table
    )
    select coalesce(w.name, p.name) as name, w.role, w.command, w.expression, p.name is not null as stands, w.made_from
    from (
      select *, format('%sto %s using (%s)', 'for ' || nullif(command, 'all') || ' ', role, expression) as made_from
      from wanted
    ) as w
    full join present as p on p.name = w.name
    where w.name is null
      or p.made_from is distinct from w.made_from
  loop
    if v_policy.stands then
      execute format('drop policy %I on %s', v_policy.name, p_table);
    end if;
    if v_policy.role is not null then
      execute format('create policy %I on %s for %s to %s using (%s)%s',
        v_policy.name, p_table, v_policy.command, v_policy.role, v_policy.expression,
        case when v_policy.command = 'all' then format(' with check (%s)', v_policy.expression) end);
      execute format('comment on policy %I on %s is %L', v_policy.name, p_table, v_policy.made_from);
    end if;
    v_changes := v_changes + 1;
  end loop;
  if v_table.has_roles and v_table.relname not like 'migration%' then
    if not has_table_privilege('prikke_engine', p_table, 'insert') then
      execute format('grant select, insert, update, delete on %s to prikke_engine', p_table);
      v_changes := v_changes + 1;
    end if;
  end if;
  return v_changes;
end
$$;

comment on function prikke.apply_policies is
  'Give a table, or a new partition, its row-level security; returns how much had to change.';
