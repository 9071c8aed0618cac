-- Addresses that are never called unless the operator allows them
-- depends: 0001.time

create table prikke.refused_range (
  network  cidr  primary key,
  reason   text  not null
);

comment on table prikke.refused_range is
  'Address ranges that must not be called: one table for SQL and the runner''s guard. Filled by install from sql/refused_range.tsv.';
comment on column prikke.refused_range.reason is 'Of the ranges that hold an address, the narrowest says why it is refused.';
