create or replace function prikke.refuse_cron_fields(p_fields text[])
returns void
language plpgsql
volatile parallel safe
as $$
declare
  v_count integer := cardinality(p_fields);
begin
  if v_count = 0 then
    perform prikke.refuse_schedule('cron', 'required', 'The expression is empty.',
      'Five fields: minute, hour, day of month, month, day of week.');
  elsif v_count = 7 and p_fields[7] ~ '^([0-9*,/-]+)$' then
    perform prikke.refuse_schedule('cron', 'unsupported', 'Seven fields: a field for the year is not supported.',
      'Give five fields, or six with seconds first; a single date is scheduled_at.');
  else
    perform prikke.refuse_schedule('cron', 'syntax',
      format('An expression has five fields, or six with seconds first; this has %s.', v_count),
      'minute, hour, day of month, month, day of week; no command behind them.');
  end if;
end
$$;

comment on function prikke.refuse_cron_fields(text[]) is 'Raises PK422 for a wrong number of fields.';
