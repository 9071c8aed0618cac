-- A constant from the pieces of an SQL text, beginning at one of them: strings, numbers, JSON builders, casts, and what is
-- joined by ||. Nothing is ever run; what only running it would tell is named in `problem`.
create or replace function prikke.read_sql_value(p_tokens jsonb, p_at integer, out value jsonb, out next integer, out problem text)
language plpgsql
immutable
as $$
declare
  v_token jsonb := p_tokens -> p_at;
  v_word text := v_token ->> 'text';
  v_builder text;
  v_values jsonb := '[]';
  v_part record;
begin
  next := p_at + 1;
  if v_token ->> 'kind' = 'string' then
    value := to_jsonb(v_word);
  elsif v_token ->> 'kind' = 'number' then
    value := v_word::jsonb;
  elsif v_word in ('true', 'false', 'null') and v_token ->> 'kind' = 'name' then
    value := v_word::jsonb;
  elsif v_word in ('jsonb_build_object', 'json_build_object', 'jsonb_build_array', 'json_build_array', '(')
      and (v_word = '(' or p_tokens -> next ->> 'text' = '(') then
    v_builder := v_word;
    if v_word <> '(' then
      next := next + 1;
    end if;
    while p_tokens -> next ->> 'text' <> ')' loop
      v_part := prikke.read_sql_value(p_tokens, next);
      if v_part.problem is not null then
        problem := v_part.problem;
        return;
      end if;
      v_values := v_values || jsonb_build_array(v_part.value);
      next := v_part.next;
      exit when p_tokens -> next ->> 'text' <> ',' or p_tokens -> next is null;
      next := next + 1;
    end loop;
    if p_tokens -> next ->> 'text' is distinct from ')' or (v_builder = '(' and jsonb_array_length(v_values) <> 1) then
      problem := 'cannot be read';
      return;
    end if;
    next := next + 1;
    value := case
      when v_builder = '(' then v_values -> 0
      when v_builder like '%array' then v_values
      else (
        select coalesce(jsonb_object_agg(k.item #>> '{}', v_values -> k.number::integer), '{}')
        from jsonb_array_elements(v_values) with ordinality as k (item, number)
        where k.number % 2 = 1)
    end;
  else
    problem := format('is computed when it runs (%s)', coalesce(
      v_word || case when p_tokens -> next ->> 'text' = '.' then '.' || (p_tokens -> next + 1 ->> 'text') else '' end, 'nothing there'));
    return;
  end if;

  while p_tokens -> next ->> 'text' = '::' loop
    if p_tokens -> next + 1 ->> 'text' in ('json', 'jsonb') and jsonb_typeof(value) = 'string' then
      begin
        value := (value #>> '{}')::jsonb;
      exception when invalid_text_representation then
        problem := 'is no JSON';
        return;
      end;
    end if;
    next := next + 2;
  end loop;
  if p_tokens -> next ->> 'text' = '||' then
    v_part := prikke.read_sql_value(p_tokens, next + 1);
    problem := v_part.problem;
    next := v_part.next;
    value := case
      when jsonb_typeof(value) in ('object', 'array') then value || v_part.value
      else to_jsonb((value #>> '{}') || (v_part.value #>> '{}'))
    end;
  end if;
end
$$;

comment on function prikke.read_sql_value is 'A constant written in SQL, as JSON, and the piece after it; or why it is none.';
