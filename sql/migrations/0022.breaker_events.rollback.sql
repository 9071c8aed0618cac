-- Takes back 0022.breaker_events

drop type prikke.shown_breaker_event;
drop index prikke.breaker_event_by_host;
drop index prikke.breaker_event_by_at;
