drop table prikke.stopped_key;
drop table prikke.host_outcome;
drop table prikke.breaker_event;
drop table prikke.breaker;
drop table prikke.queue_state;
drop table prikke.queue;
