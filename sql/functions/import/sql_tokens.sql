-- An SQL text in pieces: strings, numbers, names in lower case, and signs. Comments and spaces are left out.
create or replace function prikke.sql_tokens(p_text text)
returns jsonb
language plpgsql
immutable
as $$
declare
  v_rest text := p_text;
  v_tokens jsonb[] := '{}';
  v_piece text;
  v_tag text;
  v_end integer;
begin
  loop
    v_rest := regexp_replace(v_rest, '^(\s+|--[^\n]*(\n|$)|/\*.*?\*/)+', '');
    exit when v_rest = '';
    v_tag := substring(v_rest from '^\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$');
    if v_tag is not null then
      v_end := position(v_tag in substr(v_rest, char_length(v_tag) + 1));
      if v_end = 0 then
        return null;
      end if;
      v_tokens := v_tokens || jsonb_build_object('kind', 'string', 'text', substr(v_rest, char_length(v_tag) + 1, v_end - 1));
      v_rest := substr(v_rest, 2 * char_length(v_tag) + v_end);
      continue;
    end if;
    v_piece := substring(v_rest from '^''(?:[^'']|'''')*''');
    if v_piece is not null then
      v_tokens := v_tokens || jsonb_build_object('kind', 'string', 'text', replace(substr(v_piece, 2, char_length(v_piece) - 2), '''''', ''''));
    elsif v_rest ~ '^''' then
      return null;
    elsif v_rest ~ '^[eEuUbBxXnN]&?''' then
      v_piece := substring(v_rest from '^.');
      v_tokens := v_tokens || jsonb_build_object('kind', 'sign', 'text', substring(v_rest from '^[^'']*''') || '…''');
    elsif v_rest ~ '^[A-Za-z_]' then
      v_piece := substring(v_rest from '^[A-Za-z_][A-Za-z0-9_$]*');
      v_tokens := v_tokens || jsonb_build_object('kind', 'name', 'text', lower(v_piece));
    elsif v_rest ~ '^"(?:[^"]|"")+"' then
      v_piece := substring(v_rest from '^"(?:[^"]|"")+"');
      v_tokens := v_tokens || jsonb_build_object('kind', 'name', 'text', replace(substr(v_piece, 2, char_length(v_piece) - 2), '""', '"'));
    elsif v_rest ~ '^\d' then
      v_piece := substring(v_rest from '^\d+(?:\.\d+)?');
      v_tokens := v_tokens || jsonb_build_object('kind', 'number', 'text', v_piece);
    else
      v_piece := substring(v_rest from '^(?::=|=>|::|\|\||.)');
      v_tokens := v_tokens || jsonb_build_object('kind', 'sign', 'text', v_piece);
    end if;
    v_rest := substr(v_rest, char_length(v_piece) + 1);
  end loop;
  return to_jsonb(v_tokens);
end
$$;

comment on function prikke.sql_tokens is 'The pieces of an SQL text: [{"kind": "string" | "number" | "name" | "sign", "text"}]; null where a quote does not end.';
