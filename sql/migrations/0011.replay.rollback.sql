alter table prikke.past_execution drop column delivery;
