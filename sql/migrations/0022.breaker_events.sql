-- Changes of breakers: the old ones and those of one host found among many
-- depends: 0021.lists

-- squawk-ignore require-concurrent-index-creation
create index breaker_event_by_at on prikke.breaker_event (at);
comment on index prikke.breaker_event_by_at is 'Which are older than history? keep_history.';

-- squawk-ignore require-concurrent-index-creation
create index breaker_event_by_host on prikke.breaker_event (organization_id, host, position);
comment on index prikke.breaker_event_by_host is 'What became of this host? list_breaker_events.';

create type prikke.shown_breaker_event as (
  "position" bigint, host text, state text, failures integer, open_until timestamptz, message text, at timestamptz
);

comment on type prikke.shown_breaker_event is 'A change of a breaker as people see it.';
