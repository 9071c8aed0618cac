drop table prikke.tally_change;
drop table prikke.tally;
drop table prikke.freed_key;
drop table prikke.execution_request;
drop table prikke.past_attempt;
drop table prikke.past_execution;
drop table prikke.send_key;
drop table prikke.live_execution;
