-- What is wrong with the size of a page.
create or replace function prikke.page_problems(p_page_size integer)
returns jsonb
language sql
immutable parallel safe
as $$
  select case
    when p_page_size between 1 and 1000 then '[]'::jsonb
    else jsonb_build_array(prikke.problem('page_size', 'out_of_range', 'must lie between 1 and 1000', '50 is usual.'))
  end
$$;

comment on function prikke.page_problems is 'What is wrong with the size of a page; an empty array when nothing is.';
