-- Takes back 0020.overview

drop index prikke.job_definition_disabled_by_us;
drop index prikke.job_definition_by_state;
drop table prikke.organization_tally;
