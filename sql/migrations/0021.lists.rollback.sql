-- Takes back 0021.lists

drop index prikke.job_definition_disabled;
