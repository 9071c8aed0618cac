-- Applies outcomes that could not be told to their breaker at once.
create or replace function prikke.apply_host_outcomes(p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_outcome record;
  v_count integer := 0;
begin
  for v_outcome in
    select h.organization_id, h.position, h.host, h.failures, h.succeeded, h.retry_after, h.message
    from prikke.host_outcome as h
    order by h.position
    limit p_limit
    for update skip locked
  loop
    if prikke.note_host(v_outcome.organization_id, v_outcome.host, v_outcome.failures, v_outcome.succeeded, v_outcome.retry_after, v_outcome.message) then
      delete from prikke.host_outcome as h
      where h.organization_id = v_outcome.organization_id
        and h.position = v_outcome.position;
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end
$$;

comment on function prikke.apply_host_outcomes is 'Tells breakers what was noted for them; answers how many notes.';
