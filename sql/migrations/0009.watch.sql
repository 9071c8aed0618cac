-- Watches: changes of people's own tables that queue a delivery, and what went wrong with them
-- depends: 0006.runners

create table prikke.watch_definition (
  organization_id  uuid        not null,
  id               uuid        not null,
  key              text        collate "C",
  action           text        not null,
  table_schema     name        not null,
  table_name       name        not null,
  object_name      name        not null,
  owner_role       name        not null,
  made_by          name        not null,
  events           text[]      not null,
  url              text,
  method           text,
  headers          jsonb,
  payload          text,
  condition        text,
  ordering_key     text,
  ref              text,
  queue            text        collate "C",
  priority         smallint,
  timeout_ms       integer,
  max_attempts     smallint,
  backoff          interval,
  expected_status  text,
  expected_body    text,
  is_strict        boolean     not null,
  created_at       timestamptz not null,
  constraint watch_definition_pkey primary key (organization_id, id),
  constraint watch_definition_action_known check (action in ('send', 'cancel')),
  constraint watch_definition_action_whole check (case action when 'send' then url is not null and payload is not null else ref is not null end)
);

create unique index watch_definition_by_key on prikke.watch_definition (organization_id, key) where key is not null;

comment on table prikke.watch_definition is 'What happens when rows of a table of people''s own change: each makes a send, or cancels the sends of its ref.';
comment on column prikke.watch_definition.table_name is 'The table when the watch was made; it may have been renamed since, its triggers go with it.';
comment on column prikke.watch_definition.object_name is 'Name of the function and the view beside the table, and how its triggers begin.';
comment on column prikke.watch_definition.owner_role is 'Owner of the table, and of function and view: who evaluates the expressions. Only a view of that role may queue.';
comment on column prikke.watch_definition.made_by is 'Login that made it; while it may send for this organization, the watch does.';
comment on index prikke.watch_definition_by_key is 'Is there a watch of this key? plan_watch.';

create table prikke.watch_failure (
  position         bigint      generated always as identity,
  organization_id  uuid        not null,
  watch_id         uuid        not null,
  failed_at        timestamptz not null,
  rows_lost        bigint      not null,
  error            text        not null,
  constraint watch_failure_pkey primary key (organization_id, position)
);

create index watch_failure_in_order on prikke.watch_failure (position);

comment on table prikke.watch_failure is 'Rows whose change was not sent, appended in the transaction that changed them and folded into watch_state.';
comment on index prikke.watch_failure_in_order is 'What is to be folded? fold_watch_failures.';

create table prikke.watch_state (
  organization_id  uuid        not null,
  watch_id         uuid        not null,
  failures         bigint      not null,
  rows_lost        bigint      not null,
  last_failed_at   timestamptz not null,
  last_error       text        not null,
  constraint watch_state_pkey primary key (organization_id, watch_id)
);

comment on table prikke.watch_state is 'What went wrong with a watch so far. Only the engine writes it.';
comment on column prikke.watch_state.failures is 'Statements with rows that were not sent.';
