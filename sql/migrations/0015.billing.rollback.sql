-- Takes back 0015.billing

drop table prikke.billing_event;
drop table prikke.subscription;
drop type prikke.shown_subscription;
