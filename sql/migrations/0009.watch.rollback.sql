drop table prikke.watch_state;
drop table prikke.watch_failure;
drop table prikke.watch_definition;
