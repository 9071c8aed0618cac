-- The shape of parsed schedules and the list of time zones that are accepted.
create type prikke.cron_masks as (
  version        integer,
  wildcard       boolean,
  both_days      boolean,
  weekly         boolean,
  last_day       boolean,
  last_workday   boolean,
  special_days   boolean,
  seconds        bigint,
  minutes        bigint,
  hours          bigint,
  days           bigint,
  nearest_days   bigint,
  weekdays       bigint,
  last_weekdays  bigint,
  months         bigint,
  first_in_hour  bigint,
  first_in_day   bigint
);

comment on type prikke.cron_masks is 'A parsed cron expression: bit masks, made by parse_cron and read by next_run.';
comment on column prikke.cron_masks.version is 'Version of the parser that made it; install parses older ones again.';
comment on column prikke.cron_masks.wildcard is 'Minute or hour begins with a star: follows elapsed time through clock changes.';
comment on column prikke.cron_masks.both_days is 'Day of month or day of week begins with a star: both must match, else either.';
comment on column prikke.cron_masks.weekly is 'Only weekdays matter, so that no calendar is needed.';
comment on column prikke.cron_masks.last_day is 'L: the last day of the month.';
comment on column prikke.cron_masks.last_workday is 'LW: the last day of the month from Monday to Friday.';
comment on column prikke.cron_masks.special_days is 'Any of L, LW and 15W.';
comment on column prikke.cron_masks.seconds is 'Bits 0 to 59; exactly 1 for a schedule without seconds.';
comment on column prikke.cron_masks.minutes is 'Bits 0 to 59.';
comment on column prikke.cron_masks.hours is 'Bits 0 to 23.';
comment on column prikke.cron_masks.days is 'Bit 0 is the first of the month.';
comment on column prikke.cron_masks.nearest_days is '15W: bit 14, the day from Monday to Friday nearest to the 15th.';
comment on column prikke.cron_masks.weekdays is 'Five groups of seven bits, Sunday first: group n is the nth such day of a month.';
comment on column prikke.cron_masks.last_weekdays is '5L: the same five groups, all alike, of days that count in the last seven of a month.';
comment on column prikke.cron_masks.months is 'Bits 1 to 12.';
comment on column prikke.cron_masks.first_in_hour is 'Seconds from the hour to its first match.';
comment on column prikke.cron_masks.first_in_day is 'Seconds from midnight to the first match of a day.';

create table prikke.time_zone (
  name  text  primary key
);

comment on table prikke.time_zone is 'Time zones a schedule may name; filled by load_time_zones.';
comment on column prikke.time_zone.name is 'IANA name, spelled exactly so.';
