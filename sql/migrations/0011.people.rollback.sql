-- Takes back 0011.people

drop table prikke.invitation;
drop table prikke.member;
drop table prikke.session;
drop table prikke.sign_in;
drop table prikke.app_user;
drop type prikke.shown_member;
drop type prikke.shown_invitation;
drop type prikke.shown_organization;
