drop index prikke.job_state_series;
drop table prikke.tally_total;
comment on column prikke.tally.status is 'How they ended; retry counts attempts that are tried again.';
