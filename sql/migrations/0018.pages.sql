-- The zone in which a person reads times
-- depends: 0013.plans

alter table prikke.app_user add column timezone text not null default 'UTC';

comment on column prikke.app_user.timezone is 'The IANA zone in which pages show times to this person.';
