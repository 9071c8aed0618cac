create or replace function prikke.expand_cron_name(p_name text)
returns text
language plpgsql
immutable strict parallel safe
as $$
declare
  v_fields text := case p_name
    when '@HOURLY' then '0 * * * *'
    when '@DAILY' then '0 0 * * *'
    when '@MIDNIGHT' then '0 0 * * *'
    when '@WEEKLY' then '0 0 * * 0'
    when '@MONTHLY' then '0 0 1 * *'
    when '@YEARLY' then '0 0 1 1 *'
    when '@ANNUALLY' then '0 0 1 1 *'
  end;
begin
  if v_fields is null then
    if p_name ~ '^@REBOOT' then
      perform prikke.refuse_schedule('cron', 'unsupported', '@reboot has no meaning here: nothing reboots.', null);
    elsif p_name ~ '^@EVERY' then
      perform prikke.refuse_schedule('cron', 'unsupported', '@every is not a cron expression.', 'Give the length as every instead of cron.');
    else
      perform prikke.refuse_schedule('cron', 'syntax', format('%s is not a known name.', lower(p_name)),
        'Known are @hourly @daily @midnight @weekly @monthly @yearly @annually.');
    end if;
  end if;

  return v_fields;
end
$$;

comment on function prikke.expand_cron_name(text) is 'The five fields behind @daily and its like; raises PK422 for a name that is not known.';
