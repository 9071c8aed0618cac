-- Takes away the time zones and the type; the schema stays for whatever else is in it.
drop table prikke.time_zone;
drop type prikke.cron_masks;
