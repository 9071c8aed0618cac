drop table prikke.binding;
drop table prikke.signing_secret;
drop table prikke.organization;
drop table prikke.setting;
