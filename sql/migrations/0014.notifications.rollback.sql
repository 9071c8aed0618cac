-- Takes back 0014.notifications

drop type prikke.shown_transition;
drop type prikke.shown_mute;
drop type prikke.shown_channel;
drop table prikke.notification;
drop table prikke.told;
drop table prikke.notice;
drop table prikke.transition;
drop table prikke.job_health;
drop table prikke.mute;
drop table prikke.notification_rule;
drop table prikke.channel;
