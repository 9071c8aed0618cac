-- What is wrong with the secrets that header values and a body name: names that do not exist, marks that are none.
create or replace function prikke.secret_problems(p_headers jsonb, p_body text)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_problems jsonb := '[]';
  v_unknown record;
begin
  for v_unknown in
    select t.field, m.mark, substr(m.mark, 10, greatest(length(m.mark) - 11, 0)) as name
    from (
      select 'headers' as field, h.value as text
      from jsonb_each_text(case when jsonb_typeof(p_headers) = 'object' then p_headers else '{}' end) as h
      union all
      select 'body', p_body
    ) as t
    cross join lateral (
      select distinct r.found[1] as mark
      from regexp_matches(t.text, '(\{\{secret\.[^{}]{0,200}\}\}|\{\{secret\.)', 'g') as r (found)
    ) as m
    where position('{{secret.' in t.text) > 0
    order by t.field desc, m.mark
  loop
    if v_unknown.mark = '{{secret.' or v_unknown.name !~ '^[A-Za-z_][A-Za-z0-9_]{0,99}$' then
      v_problems := v_problems || prikke.problem(v_unknown.field, 'invalid_secret', 'holds "{{secret." that no name follows', '{{secret.NAME}}');
    elsif not exists (
      select
      from prikke.secret as s
      where s.organization_id = prikke.current_organization()
        and s.name = v_unknown.name)
    then
      v_problems := v_problems || prikke.problem(
        v_unknown.field, 'unknown_secret', format('names the secret "%s", which does not exist', v_unknown.name),
        coalesce('Did you mean ' || prikke.nearest_name(v_unknown.name, array(select s.name from prikke.list_secrets() as s)) || '?', 'Set it first: prikke secret set.'));
    end if;
  end loop;
  return v_problems;
end
$$;

comment on function prikke.secret_problems is 'What is wrong with the {{secret.NAME}} in headers and body; an empty array when nothing is.';
