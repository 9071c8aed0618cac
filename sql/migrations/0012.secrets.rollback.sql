-- Takes back 0012.secrets

drop table prikke.secret;
drop type prikke.shown_secret;
