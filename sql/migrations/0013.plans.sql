-- What organizations use, by day, and when a plan's hold on them ends
-- depends: 0012.secrets

create table prikke.organization_usage (
  organization_id  uuid    not null,
  day              date    not null,
  executions       bigint  not null,
  constraint organization_usage_pkey primary key (organization_id, day)
);

comment on table prikke.organization_usage is 'Executions that count for a plan, by the day (UTC) of their first attempt. Folded from tally_change.';

create table prikke.plan_hold (
  organization_id  uuid        not null,
  free_at          timestamptz not null,
  constraint plan_hold_pkey primary key (organization_id)
);

create index plan_hold_by_end on prikke.plan_hold (free_at);

comment on table prikke.plan_hold is 'Organizations whose executions of this month are used up, and when a new month frees what is held.';
comment on index prikke.plan_hold_by_end is 'Whose month is over? free_timed_holds.';
