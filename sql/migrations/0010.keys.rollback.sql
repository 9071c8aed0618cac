-- Takes back 0010.keys

drop table prikke.request_rate;
drop table prikke.idempotency_key;
drop table prikke.api_key;
