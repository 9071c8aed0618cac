-- What a replay needs of a send that is over
-- depends: 0008.audit

alter table prikke.past_execution add column delivery jsonb;

comment on column prikke.past_execution.delivery is 'Of a request of its own: timeout, backoff, completion and expectations that are not the defaults, for a replay.';
