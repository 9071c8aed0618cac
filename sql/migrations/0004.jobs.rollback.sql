drop table prikke.job_outcome;
drop table prikke.job_change;
drop table prikke.job_state;
drop table prikke.job_version;
drop table prikke.job_definition;
