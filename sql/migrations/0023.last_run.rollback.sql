drop index prikke.job_state_by_last_run;
