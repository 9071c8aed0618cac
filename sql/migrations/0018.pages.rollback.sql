alter table prikke.app_user drop column timezone;
