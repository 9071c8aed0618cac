drop table prikke.zone_state;
drop table prikke.runner_sleep;
drop table prikke.runner;
